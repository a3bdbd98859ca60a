// `keys FILE`: the CURVE key pairs of the nodes, and of the senders that feed them over tcp. Those that exist are kept; a half pair
// is an error.
#include <fmt/format.h>

#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/feed_senders.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/key_check.h"
#include "topology/topology.h"

namespace paceline::pacelinectl {
namespace {

/// Whether a pair was made; false if it was there.
Result<bool> ensure_pair(const std::string& path, Environment& environment) {
  const bool has_public = environment.exists(path + ".public");
  const bool has_secret = environment.exists(path + ".secret");
  if (has_public && has_secret) return false;
  if (has_public != has_secret)
    return fail(
        Errc::refused,
        fmt::format("{}.{} is there without {}.{}: bring back the other, or remove it", path,
                    has_public ? "public" : "secret", path, has_public ? "secret" : "public"));
  const KeyPair keys = TRY(environment.make_keys());
  // The secret first: if the second step fails, the half pair is noticed.
  if (auto done = environment.write(path + ".secret", keys.secret_key + "\n", 0600); !done)
    return tl::unexpected{done.error()};
  if (auto done = environment.write(path + ".public", keys.public_key + "\n", 0644); !done)
    return tl::unexpected{done.error()};
  return true;
}

}  // namespace

Outcome command_keys(const Request& request, Environment& environment) {
  const auto opened = open_topology(request, environment);
  if (!opened) return opened.error();
  const auto& [file, text, topology] = *opened;
  if (!request.node.empty() && !topology.node(request.node))
    return failed(exit_usage, fmt::format("{}: no node '{}'", file, request.node));
  const std::string folder = keys_folder(topology);
  if (const auto made = environment.make_folder(folder, 0700); !made)
    return failed(exit_not_answered, made.error().detail);
  std::vector<std::string> names;
  for (const Node& node : topology.nodes)
    if (request.node.empty() || node.name == request.node) names.push_back(node.name);
  if (request.node.empty()) {
    const auto senders = feed_senders(text, environment.absolute(file), topology);
    if (!senders) return failed(exit_mistakes, senders.error().detail);
    names.insert(names.end(), senders->begin(), senders->end());
  }
  std::vector<std::string> made_for;
  std::string out;
  for (const auto& name : names) {
    const auto made = ensure_pair(folder + "/" + name, environment);
    if (!made) return failed(exit_not_answered, made.error().detail);
    if (*made) made_for.push_back(name);
    out += fmt::format("{}/{}: {}\n", folder, name, *made ? "made" : "kept");
  }
  return {.out = request.json ? list_json("made", made_for) : out};
}

}  // namespace paceline::pacelinectl
