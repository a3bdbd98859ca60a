// `keys FILE`: the nodes' CURVE key pairs. Those that exist are kept; a half pair is an error.
#include <fmt/format.h>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
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
  const std::string& file = request.arguments.empty() ? request.topology : request.arguments[0];
  const auto text = environment.read(file);
  if (!text) return failed(exit_usage, text.error().detail);
  const auto topology = parse_topology(*text, environment.absolute(file));
  if (!topology) return failed(exit_mistakes, topology.error().detail);
  if (!request.node.empty() && !topology->node(request.node))
    return failed(exit_usage, fmt::format("{}: no node '{}'", file, request.node));
  const std::string folder = topology->run_dir + "/keys";
  if (const auto made = environment.make_folder(folder, 0700); !made)
    return failed(exit_not_answered, made.error().detail);
  std::vector<std::string> made_for;
  std::string out;
  for (const Node& node : topology->nodes) {
    if (!request.node.empty() && node.name != request.node) continue;
    const auto made = ensure_pair(folder + "/" + node.name, environment);
    if (!made) return failed(exit_not_answered, made.error().detail);
    if (*made) made_for.push_back(node.name);
    out += fmt::format("{}/{}: {}\n", folder, node.name, *made ? "made" : "kept");
  }
  return {.out = request.json ? list_json("made", made_for) : out};
}

}  // namespace paceline::pacelinectl
