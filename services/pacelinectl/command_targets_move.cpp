// `targets move TARGET... --from TOPOLOGY --to TOPOLOGY`: the steps that take targets from one running cluster to another, as a
// script to be read and run.
#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <set>

#include "common/wire/json_writer.h"
#include "services/pacelinectl/answers.h"
#include "services/pacelinectl/cells.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/input.h"
#include "services/pacelinectl/order.h"
#include "services/pacelinectl/rollout.h"
#include "services/pacelinectl/target_move.h"
#include "topology/shared_agents.h"

namespace paceline::pacelinectl {
namespace {

constexpr const char* user_of_processes = "paceline";

/// One of the two clusters, as far as it is known here.
struct MoveEnd {
  ClusterFile cluster;
  bool is_here = false;             // Its processes are on this host.
  std::string master;               // "" = nobody says.
  std::vector<CellTarget> targets;  // As its watch says, if that can be asked from here.
};

tl::expected<MoveEnd, Outcome> move_end(const Request& request, const std::string& option,
                                        Environment& environment) {
  Request alone = request;
  alone.topology = given(request, option);
  alone.is_one_of_several = true;
  alone.url.clear();
  auto cluster = load_cluster(alone, environment);
  if (!cluster) return tl::unexpected{failed(exit_of(cluster.error()), cluster.error().detail)};
  MoveEnd end{.cluster = *std::move(cluster), .is_here = is_cell_here(alone, environment)};
  const Cell cell = look_at_cell(alone, "", environment);
  if (cell.status) {  // Else it is read from a file, which may be another cell's.
    end.master = cell.status->master;
    end.targets = cell.targets;
  } else if (end.is_here) {
    const auto view = election_view(end.cluster, environment);
    const ElectionMessage* master = view ? master_of(*view) : nullptr;
    if (master != nullptr) end.master = master->node;
  }
  return end;
}

/// Its nodes that pace, the master first, then by priority.
///   file   the topology's, where two cells are on this host: then neither is found without its name
std::vector<MoveNode> nodes_of(const MoveEnd& end, const std::string& file,
                               const Request& request) {
  const Topology& topology = end.cluster.topology;
  std::vector<const Node*> pacing;
  for (const Node& node : topology.nodes)
    if (!node.witness()) pacing.push_back(&node);
  std::ranges::stable_sort(pacing, std::greater<>{}, [&](const Node* node) {
    return node->name == end.master ? INT_MAX : node->priority;
  });
  const std::string shell = request.shell.empty() ? std::string{default_shell} : request.shell;
  std::vector<MoveNode> nodes;
  for (const Node* node : pacing) {
    const bool is_here = end.is_here && node->host == end.cluster.self().host;
    const auto way = replaced(replaced(shell, "{host}", node->host), "{node}", node->name) + " ";
    nodes.push_back({.name = node->name,
                     .host = node->host,
                     .way = is_here ? "" : way,
                     .topology = is_here ? file : ""});
  }
  return nodes;
}

MoveCell cell_of(const MoveEnd& end, bool names_file, const Targets& moved, const Request& request,
                 Environment& environment) {
  const Topology& topology = end.cluster.topology;
  const auto shards = shards_of(moved, topology.pacers);
  const std::set<int> used(shards.begin(), shards.end());
  return {.cluster = topology.cluster,
          .run_dir = environment.absolute(topology.run_dir),
          .shards = {used.begin(), used.end()},
          .nodes = nodes_of(end, names_file ? environment.absolute(topology.file) : "", request)};
}

std::string move_json(const std::vector<PlanStep>& steps, const std::vector<PlanStep>& back) {
  JsonWriter json;
  json.begin();
  write_steps(json, "steps", steps);
  write_steps(json, "back", back);
  json.end();
  return json.text() + "\n";
}

/// Why these two are no two cells, or the one has them already; "" = nothing is in the way.
std::string in_the_way(const MoveEnd& from, const MoveEnd& to,
                       const std::vector<std::string>& ids) {
  const std::string& name = to.cluster.topology.cluster;
  if (from.cluster.topology.cluster == name)
    return fmt::format("both topologies are of a cluster {}: name two", name);
  for (const CellTarget& target : to.targets)
    if (target.is_paced && std::ranges::find(ids, target.id) != ids.end())
      return fmt::format("{} paces {} already: take it out of one of both", name, target.id);
  return {};
}

}  // namespace

Outcome command_targets_move(const Request& request, Environment& environment) {
  const auto from = move_end(request, "from", environment);
  if (!from) return from.error();
  const auto to = move_end(request, "to", environment);
  if (!to) return to.error();
  const auto has = load_targets(from->cluster, environment);
  if (!has) return failed(exit_of(has.error()), has.error().detail);
  const auto rows = targets_to_move(*has, request.arguments);
  if (!rows) return failed(exit_usage, rows.error().detail);
  if (const auto why = in_the_way(*from, *to, request.arguments); !why.empty())
    return failed(exit_usage, why);
  const bool are_both_here = from->is_here && to->is_here;
  const bool has_user = environment.host().has_user(user_of_processes);
  const TargetMove move{.ids = request.arguments,
                        .from = cell_of(*from, are_both_here, *rows, request, environment),
                        .to = cell_of(*to, are_both_here, *rows, request, environment),
                        .owner = has_user ? user_of_processes : ""};
  TargetMove other = move;
  std::swap(other.from, other.to);
  const auto steps = move_steps(move);
  const auto back = move_steps(other);
  if (!steps || !back) return failed(exit_usage, (steps ? back : steps).error().detail);
  if (request.json) return {.out = move_json(*steps, *back)};
  return {.out = move_script(move, *steps, *back, targets_as_toml(*rows))};
}

}  // namespace paceline::pacelinectl
