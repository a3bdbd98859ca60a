#include "services/pacelinectl/topology_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "services/pacelinectl/secret_mask.h"
#include "services/pacelinectl/table.h"
#include "topology/toml_text.h"
#include "topology/topology_reader.h"

namespace paceline::pacelinectl {
namespace {

std::string order_of_nodes(const Topology& topology) {
  std::string names;
  for (const Node& node : topology.nodes) names += (names.empty() ? "" : " ") + node.name;
  return names;
}

// Of the nodes that the other one has, too.
std::string order_of_common(const Topology& topology, const Topology& other) {
  std::string names;
  for (const Node& node : topology.nodes)
    if (other.node(node.name) != nullptr) names += node.name + " ";
  return names;
}

std::string hidden_value(const std::string& key, const std::string& value) {
  if (value.empty()) return value;
  SecretMask mask;
  const std::string line = mask.settings(key + " = " + value);
  return line.substr(std::min(line.size(), key.size() + 3));
}

bool is_of_process(const std::string& key) {
  constexpr std::array<std::string_view, 5> tables = {"elector.", "pacer.", "publisher.",
                                                      "statfeed.", "watch."};
  constexpr std::array<std::string_view, 3> agreed = {"elector.heartbeat", "elector.missed",
                                                      "elector.rho_ppm"};
  return std::ranges::any_of(tables, [&](auto table) { return key.starts_with(table); }) &&
         std::ranges::find(agreed, key) == agreed.end();
}

/// "c" of "nodes.c.port"; "" = a key of no node.
std::string node_of_key(const std::string& key) {
  constexpr std::string_view above = "nodes.";
  if (!key.starts_with(above)) return {};
  return key.substr(above.size(), key.find('.', above.size()) - above.size());
}

Needed::Kind kind_of_node(const std::string& name, const Topology& before, const Topology& after) {
  if (before.node(name) == nullptr) return Needed::Kind::add;
  return after.node(name) == nullptr ? Needed::Kind::remove : Needed::Kind::move;
}

/// Nodes that come, go or move; another priority is read as a setting of the electors is.
///   errors   unsupported: a witness becomes a node that paces, or the other way round
Result<std::set<std::string>> nodes_that_change(const Topology& before, const Topology& after,
                                                const std::vector<SettingChange>& changes) {
  std::set<std::string> names;
  for (const SettingChange& change : changes) {
    const std::string name = node_of_key(change.key);
    if (name.empty()) continue;
    const Node* was = before.node(name);
    const Node* is = after.node(name);
    if (was && is && was->witness() != is->witness())
      return fail(Errc::unsupported,
                  fmt::format("{} is a witness in one of them alone: remove it, and add it anew "
                              "under another name",
                              name));
    if (!was || !is || !change.key.ends_with(".priority")) names.insert(name);
  }
  return names;
}

std::string changed_beside_nodes(const std::vector<SettingChange>& changes, bool wants_pacers) {
  for (const SettingChange& change : changes)
    if (!is_of_process(change.key) && node_of_key(change.key).empty() &&
        (change.key == "pacers") == wants_pacers)
      return change.key;
  return {};
}

}  // namespace

Result<std::vector<SettingChange>> topology_changes(std::string_view before,
                                                    std::string_view after) {
  auto changes = TRY(diff_settings(before, after));
  const Topology was = read_topology(before, "before").topology;
  const Topology is = read_topology(after, "after").topology;
  if (order_of_common(was, is) != order_of_common(is, was))
    changes.push_back({"nodes", toml_string(order_of_nodes(was)), toml_string(order_of_nodes(is))});
  return changes;
}

std::string shown(const SettingChange& change) {
  return printable(SettingChange{change.key, hidden_value(change.key, change.before),
                                 hidden_value(change.key, change.after)}
                       .text());
}

std::string beyond_a_reload(const std::vector<SettingChange>& changes) {
  for (const SettingChange& change : changes)
    if (!is_of_process(change.key)) return change.key;
  return {};
}

Result<Needed> needed_for(const Topology& before, const Topology& after,
                          const std::vector<SettingChange>& changes) {
  if (std::ranges::find(changes, "nodes", &SettingChange::key) != changes.end())
    return fail(Errc::unsupported, "nodes: a node's number is its place, so their order stays");
  const auto nodes = TRY(nodes_that_change(before, after, changes));
  if (nodes.size() > 1)
    return fail(Errc::unsupported, fmt::format("nodes {} and {} at once: one node at a time",
                                               *nodes.begin(), *nodes.rbegin()));
  std::vector<std::string> kinds;
  if (!nodes.empty()) kinds.push_back("node " + *nodes.begin());
  const std::string agreed = changed_beside_nodes(changes, false);
  for (const std::string& key : {changed_beside_nodes(changes, true), agreed})
    if (!key.empty()) kinds.push_back(key);
  if (kinds.size() > 1)
    return fail(Errc::unsupported,
                fmt::format("{} and {} at once: one after the other", kinds[0], kinds[1]));
  if (!agreed.empty()) return Needed{Needed::Kind::outage, {}};
  if (nodes.empty()) return Needed{kinds.empty() ? Needed::Kind::reload : Needed::Kind::pacers, {}};
  const std::string& name = *nodes.begin();
  const auto kind = kind_of_node(name, before, after);
  if (kind == Needed::Kind::add && after.nodes.back().name != name)
    return fail(Errc::unsupported,
                fmt::format("node {} is new and has to be the last one: a node's number is its "
                            "place",
                            name));
  return Needed{kind, name};
}

}  // namespace paceline::pacelinectl
