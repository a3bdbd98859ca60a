#include "services/pacelinectl/offered_topology.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/input.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/order.h"
#include "services/pacelinectl/process_tables.h"
#include "services/pacelinectl/rollout.h"
#include "services/pacelinectl/table.h"
#include "services/pacelinectl/target_sets.h"

namespace paceline::pacelinectl {
namespace {

constexpr std::size_t most_topology = 4u << 20;  // [bytes]

std::string change_lines(const std::vector<SettingChange>& changes) {
  if (changes.empty()) return "no setting differs\n";
  std::string text;
  for (const SettingChange& change : changes) text += shown(change) + "\n";
  return text;
}

std::string summary_of(const std::vector<SettingChange>& changes) {
  std::string text;
  for (const SettingChange& change : changes) text += (text.empty() ? "" : ", ") + shown(change);
  return text.empty() ? "no setting differs" : text;
}

std::string too_much(const std::string& key) {
  return fmt::format(
      "{}: this needs more than a reload of each node; pacelinectl topology plan has the steps",
      key);
}

Outcome on_all_nodes(const Request& request, const OfferedTopology& offered,
                     Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  if (const auto key = beyond_a_reload(offered.changes); !key.empty())
    return failed(exit_usage, too_much(key));
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
  WellCheck check;
  const auto obstacle = [&](const Node& node) {
    return check.obstacle(*cluster, node, environment);
  };
  if (auto ended = rollout.carry_out(obstacle)) return *std::move(ended);
  return {.out = rollout.differences() + fmt::format("{} work by it\n", rollout.node_names())};
}

}  // namespace

tl::expected<OfferedTopology, Outcome> open_offered(const Request& request, const std::string& file,
                                                    Environment& environment) {
  auto text = file == "-" ? read_whole_input(environment, most_topology) : environment.read(file);
  if (!text) return tl::unexpected{failed(exit_usage, text.error().detail)};
  const std::string& named = file == "-" ? request.topology : file;
  if (const auto mistakes = check_whole_topology(*text, named); !mistakes.empty())
    return tl::unexpected{mistakes_outcome(request, named, mistakes)};
  auto before = environment.read(request.topology);
  if (!before) return tl::unexpected{failed(exit_usage, before.error().detail)};
  auto changes = topology_changes(*before, *text);
  if (!changes)
    return tl::unexpected{failed(exit_mistakes, request.topology + ": " + changes.error().detail)};
  return OfferedTopology{*std::move(text), *std::move(before), *std::move(changes)};
}

Outcome told(const Request& request, const OfferedTopology& offered, Environment& environment) {
  if (!request.json) return {.out = change_lines(offered.changes)};
  return {.out = texts_json({{{"file", request.topology},
                              {"difference", summary_of(offered.changes)},
                              {"changes", offered.changes.empty() ? "no" : "yes"},
                              {"beyond", beyond_a_reload(offered.changes)},
                              {"was", text_state(offered.replaces, environment)},
                              {"version", environment.fingerprint(offered.text)}}})};
}

Outcome import_offered(const Request& request, const OfferedTopology& offered,
                       Environment& environment) {
  if (request.cluster) return on_all_nodes(request, offered, environment);
  const std::string state = given(request, "replaces");
  // Where nodes share a file the first of them wrote it.
  const bool is_there = offered.replaces == offered.text;
  if (!state.empty() && !is_there && state != text_state(offered.replaces, environment))
    return failed(exit_not_answered,
                  request.topology + " is another file than when it was looked at");
  const auto mode = environment.mode(request.topology);
  if (!mode) return failed(exit_usage, mode.error().detail);
  if (!is_there) {
    if (const auto kept =
            environment.write(replaced_name(request.topology), offered.replaces, *mode);
        !kept)
      return failed(exit_not_answered, kept.error().detail);
    if (const auto done = environment.replace(request.topology, offered.text); !done)
      return failed(exit_not_answered, done.error().detail);
  }
  Outcome outcome = told(request, offered, environment);
  if (!request.json) outcome.out += "pacelinectl reload puts it to work\n";
  return outcome;
}

}  // namespace paceline::pacelinectl
