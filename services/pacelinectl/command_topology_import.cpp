// `topology diff FILE`, `topology import FILE`, `topology rollback`: another topology file, on this host or on all.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/input.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/order.h"
#include "services/pacelinectl/process_tables.h"
#include "services/pacelinectl/rollout.h"
#include "services/pacelinectl/table.h"
#include "services/pacelinectl/target_sets.h"
#include "topology/settings_diff.h"

namespace paceline::pacelinectl {
namespace {

constexpr std::size_t most_topology = 4u << 20;  // [bytes]
constexpr int looks_to_be_well =
    20;  // In a row, 100 ms apart: a process that began anew is well again.

/// A topology file that is offered, and what it changes of the one in force.
struct Offered {
  std::string text;
  std::vector<SettingChange> changes;
};

tl::expected<Offered, Outcome> open_offered(const Request& request, const std::string& file,
                                            Environment& environment) {
  auto text = file == "-" ? read_whole_input(environment, most_topology) : environment.read(file);
  if (!text) return tl::unexpected{failed(exit_usage, text.error().detail)};
  const std::string& named = file == "-" ? request.topology : file;
  if (const auto mistakes = check_whole_topology(*text, named); !mistakes.empty())
    return tl::unexpected{mistakes_outcome(request, named, mistakes)};
  const auto before = environment.read(request.topology);
  if (!before) return tl::unexpected{failed(exit_usage, before.error().detail)};
  auto changes = diff_settings(*before, *text);
  if (!changes)
    return tl::unexpected{failed(exit_mistakes, request.topology + ": " + changes.error().detail)};
  return Offered{*std::move(text), *std::move(changes)};
}

std::string lines_of(const std::vector<SettingChange>& changes) {
  if (changes.empty()) return "no setting differs\n";
  std::string text;
  for (const SettingChange& change : changes) text += printable(change.text()) + "\n";
  return text;
}

std::string summary_of(const std::vector<SettingChange>& changes) {
  std::string text;
  for (const SettingChange& change : changes)
    text += (text.empty() ? "" : ", ") + printable(change.text());
  return text.empty() ? "no setting differs" : text;
}

Outcome told(const Request& request, const Offered& offered, Environment& environment) {
  if (!request.json) return {.out = lines_of(offered.changes)};
  return {.out = texts_json({{{"file", request.topology},
                              {"difference", summary_of(offered.changes)},
                              {"changes", offered.changes.empty() ? "no" : "yes"},
                              {"version", environment.fingerprint(offered.text)}}})};
}

/// The first change that a reload of one node after the other does not carry out; "" = there is none. Tables of processes
/// are read anew by each process for itself; what else is there, and three settings of electors, nodes have to agree on.
std::string too_much(const std::vector<SettingChange>& changes) {
  constexpr std::array<std::string_view, 5> tables = {"elector.", "pacer.", "publisher.",
                                                      "statfeed.", "watch."};
  constexpr std::array<std::string_view, 3> agreed = {"elector.heartbeat", "elector.missed",
                                                      "elector.rho_ppm"};
  for (const SettingChange& change : changes)
    if (std::ranges::none_of(tables, [&](auto table) { return change.key.starts_with(table); }) ||
        std::ranges::find(agreed, change.key) != agreed.end())
      return change.key;
  return {};
}

// Why a node is not what it was before its reload.
std::string not_well(const ClusterFile& cluster, const Node& node, Environment& environment) {
  const auto view = election_view(cluster, environment);
  if (!view) return view.error().detail;
  if (!node.witness()) return unable_text(*view, node.name);
  const ElectionMessage* said = said_by(*view, node.name);
  return said == nullptr || said->role == ElectorRole::starting ? node.name + " is not heard" : "";
}

Outcome on_all_nodes(const Request& request, const Offered& offered, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  if (const auto key = too_much(offered.changes); !key.empty())
    return failed(exit_usage,
                  fmt::format("{}: this needs more than a reload of each node; ops/OPERATE.md has "
                              "the steps",
                              key));
  std::vector<const Node*> nodes;  // The witnesses first: they publish nothing.
  for (const Node& node : cluster->topology.nodes) nodes.push_back(&node);
  std::ranges::stable_partition(nodes, [](const Node* node) { return node->witness(); });
  Rollout rollout{*cluster,
                  request,
                  {.name = fmt::format("{} settings", offered.changes.size()),
                   .text = offered.text,
                   .ask = {"--json", "topology", "diff", "-"},
                   .write = {"--json", "topology", "import", "-"},
                   .set_back = {"topology", "rollback"}},
                  nodes,
                  environment};
  const Node* looked_at = nullptr;
  int well = 0;
  const auto obstacle = [&](const Node& node) -> std::string {
    if (std::exchange(looked_at, &node) != &node) well = 0;
    auto why = not_well(*cluster, node, environment);
    well = why.empty() ? well + 1 : 0;
    return well < looks_to_be_well && why.empty() ? node.name + " has only just begun" : why;
  };
  if (auto ended = rollout.carry_out(obstacle)) return *std::move(ended);
  return {.out = rollout.differences() + fmt::format("{} work by it\n", rollout.node_names())};
}

}  // namespace

Outcome command_topology_diff(const Request& request, Environment& environment) {
  const auto offered = open_offered(request, request.arguments[0], environment);
  return offered ? told(request, *offered, environment) : offered.error();
}

Outcome command_topology_import(const Request& request, Environment& environment) {
  const auto offered = open_offered(request, request.arguments[0], environment);
  if (!offered) return offered.error();
  if (request.cluster) return on_all_nodes(request, *offered, environment);
  const auto before = environment.read(request.topology);
  const auto mode = environment.mode(request.topology);
  if (!before || !mode)
    return failed(exit_usage, before ? mode.error().detail : before.error().detail);
  if (*before != offered->text) {
    if (const auto kept = environment.write(replaced_name(request.topology), *before, *mode); !kept)
      return failed(exit_not_answered, kept.error().detail);
    if (const auto done = environment.replace(request.topology, offered->text); !done)
      return failed(exit_not_answered, done.error().detail);
  }
  Outcome outcome = told(request, *offered, environment);
  if (!request.json) outcome.out += "pacelinectl reload puts it to work\n";
  return outcome;
}

Outcome command_topology_rollback(const Request& request, Environment& environment) {
  const std::string kept = replaced_name(request.topology);
  const auto text = environment.read(kept);
  if (!text)
    return failed(exit_usage, fmt::format("nothing to go back to: {}", text.error().detail));
  Request again = request;
  again.arguments = {kept};
  return command_topology_import(again, environment);
}

}  // namespace paceline::pacelinectl
