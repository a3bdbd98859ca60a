// `completion SHELL`: the script that a shell loads; `__complete WORD...`: what that script asks.
#include <fmt/format.h>

#include <array>

#include "common/base/url.h"
#include "services/pacelinectl/answers.h"
#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/complete.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

constexpr int most_targets = 200;  // Nobody reads more.

// Whose cluster the half typed line speaks of.
Request request_of(const Request& asked) {
  Request request = asked;
  for (std::size_t i = 0; i + 1 < asked.arguments.size(); ++i) {
    constexpr std::array<std::pair<std::string_view, std::string Request::*>, 5> places = {
        {{"--topology", &Request::topology},
         {"--node", &Request::node},
         {"--url", &Request::url},
         {"--ca-file", &Request::ca_file},
         {"--token-file", &Request::token_file}}};
    for (const auto& [option, member] : places)
      if (asked.arguments[i] == option) request.*member = asked.arguments[i + 1];
  }
  return request;
}

std::vector<std::string> targets_of(const ClusterFile& cluster, const std::string& beginning,
                                    Environment& environment) {
  const auto reply = ask_watch(
      cluster,
      fmt::format("/api/v1/targets?limit={}&q={}", most_targets, percent_encoded(beginning)),
      environment);
  if (!reply) return {};
  const auto answer = parse_targets_answer(reply->body);
  std::vector<std::string> ids;
  if (answer)
    for (const TargetAnswer& target : answer->targets) ids.push_back(printable(target.id));
  return ids;
}

}  // namespace

Outcome command_completion(const Request& request, Environment&) {
  std::string script = completion_script(request.arguments[0]);
  if (script.empty())
    return failed(exit_usage,
                  fmt::format("SHELL = {}: not bash, zsh or fish", request.arguments[0]));
  return {.out = std::move(script)};
}

// A person who is typing wants no errors: what cannot be known completes to nothing.
Outcome command_complete(const Request& request, Environment& environment) {
  const auto live = [&](const std::string& kind, const std::string& beginning) {
    std::vector<std::string> words;
    const auto cluster = load_cluster(request_of(request), environment);
    if (!cluster) return words;
    if (kind == "TARGET") return targets_of(*cluster, beginning, environment);
    if (cluster->remote) return words;
    if (kind == "NODE")
      for (const Node& node : cluster->topology.nodes) words.push_back(node.name);
    if (kind == "PROCESS")
      for (const auto& [process, count] : cluster->topology.processes(cluster->self()))
        for (int i = 0; i < count; ++i)
          words.push_back(count > 1 ? fmt::format("{}-{}", process, i) : process);
    return words;
  };
  const Completion completion = complete(request.arguments, live);
  Outcome outcome;
  for (const auto& [value, help] : completion.values) outcome.out += value + "\t" + help + "\n";
  if (completion.files) outcome.out += ":files\n";
  return outcome;
}

}  // namespace paceline::pacelinectl
