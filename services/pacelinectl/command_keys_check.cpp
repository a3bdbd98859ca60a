// `keys check [FILE]`: the key files of this host, with fingerprints that people can compare between
// hosts, and what is wrong with them.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/key_check.h"

namespace paceline::pacelinectl {
namespace {

std::string as_json(const KeyFindings& findings) {
  nlohmann::ordered_json answer{{"keys", nlohmann::json::array()}, {"mistakes", findings.mistakes}};
  for (const NodeKeys& found : findings.keys)
    answer["keys"].push_back(
        {{"node", found.node}, {"fingerprint", found.fingerprint}, {"private", found.has_secret}});
  return answer.dump(2) + "\n";
}

}  // namespace

Outcome command_keys_check(const Request& request, Environment& environment) {
  const auto opened = open_topology(request, environment);
  if (!opened) return opened.error();
  const auto& [file, text, topology] = *opened;
  const Node* self = request.node.empty() ? nullptr : topology.node(request.node);
  if (!request.node.empty() && !self)
    return failed(exit_usage, fmt::format("{}: no node '{}'", file, request.node));
  const KeyFindings findings = check_keys(topology, self, environment);
  const int exit = findings.mistakes.empty() ? exit_fine : exit_mistakes;
  if (request.json) return {.exit = exit, .out = as_json(findings)};
  std::string out = findings.folder + "\n";
  for (const NodeKeys& found : findings.keys)
    out += fmt::format("  {:<8}  {:<19}  {}\n", found.node,
                       found.fingerprint.empty() ? "no public key" : found.fingerprint,
                       found.has_secret ? "its private key is here" : "");
  for (const auto& mistake : findings.mistakes) out += mistake + "\n";
  return {.exit = exit, .out = out};
}

}  // namespace paceline::pacelinectl
