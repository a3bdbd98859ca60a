// `targets import FROM --cluster`: one checked targets file takes its place on all nodes that pace, or on none.
#include <fmt/format.h>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/order.h"
#include "services/pacelinectl/rollout.h"
#include "services/pacelinectl/table.h"
#include "services/pacelinectl/target_sets.h"

namespace paceline::pacelinectl {
namespace {

// By what that node's publisher says that it paces by.
std::string paces_otherwise(const ClusterFile& cluster, const Node& node,
                            const std::string& version, Environment& environment) {
  const auto view = election_view(cluster, environment);
  if (!view) return view.error().detail;
  const ElectionMessage* said = said_by(*view, node.name);
  if (said == nullptr || said->targets.empty())
    return fmt::format("it is not known what {} paces by", node.name);
  if (said->targets == version) return {};
  return fmt::format("{} paces by {}, not by {}", node.name, printable(said->targets), version);
}

}  // namespace

Outcome command_targets_rollout(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const auto read = read_targets_file(request.arguments[0], request, environment);
  if (read.outcome.exit != exit_fine) return read.outcome;
  std::vector<const Node*> pacing;  // A witness has no targets.
  for (const Node& node : cluster->topology.nodes)
    if (!node.witness()) pacing.push_back(&node);
  const auto count = read.targets.all.size();
  Rollout rollout{*cluster,
                  request,
                  {.name = fmt::format("{} targets", count),
                   .text = targets_as_toml(read.targets),
                   .ask = {"--json", "targets", "import", "-", "--dry-run"},
                   .write = {"--json", "targets", "import", "-"},
                   .set_back = {"targets", "rollback"}},
                  pacing,
                  environment};
  if (auto ended = rollout.carry_out([&](const Node& node) {
        return paces_otherwise(*cluster, node, rollout.version(), environment);
      }))
    return *std::move(ended);
  const std::string& version = rollout.version();
  if (request.json)
    return {.out = texts_json({{{"nodes", rollout.node_names()},
                                {"targets", std::to_string(count)},
                                {"version", version}}})};
  return {.out =
              rollout.differences() + fmt::format("{} targets, version {}, are what {} pace by\n",
                                                  count, version, rollout.node_names())};
}

}  // namespace paceline::pacelinectl
