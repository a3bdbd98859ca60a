#include "topology/topology.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

#include "common/base/check.h"
#include "topology/channel_table.h"
#include "topology/check.h"
#include "topology/topology_reader.h"

namespace paceline {
namespace {

template <class Thing>
const Thing* named(const std::vector<Thing>& things, std::string_view name) {
  for (const Thing& thing : things)
    if (thing.name == name) return &thing;
  return nullptr;
}

/// The checked file, its topology ready for use.
Result<ParsedTopology> parse_checked(std::string_view text, std::string_view file) {
  ParsedTopology parsed = read_and_check(text, file);
  const auto mistakes = parsed.findings.in_order();
  if (!mistakes.empty()) {
    const std::string more =
        mistakes.size() == 1 ? "" : fmt::format(" (and {} more mistakes)", mistakes.size() - 1);
    return tl::unexpected(error_at(mistakes.front().where, mistakes.front().what + more));
  }
  scale_pacing_world(parsed.topology);
  return parsed;
}

}  // namespace

const Node* Topology::node(std::string_view name) const {
  return named(nodes, name);
}

const Channel* Topology::channel(std::string_view name) const {
  return named(channels, name);
}

std::vector<std::pair<std::string, int>> Topology::processes(const Node& node) const {
  if (node.witness()) return {{"elector", 1}};
  std::vector<std::pair<std::string, int>> group;
  for (const std::string_view process : process_names())
    group.emplace_back(process, process == "pacer" ? pacers : 1);
  return group;
}

const Node& Place::self() const {
  const Node* found = topology.node(node);
  CHECK(found);
  return *found;
}

Result<Topology> parse_topology(std::string_view text, std::string_view file) {
  auto parsed = TRY(parse_checked(text, file));
  return std::move(parsed.topology);
}

std::string_view Topology::key_for_others(std::string_view process) {
  if (process == "publisher") return "cluster_control";
  return process == "pacer" ? "pacer_control" : "";
}

std::string_view Topology::control_for_others(std::string_view process) const {
  if (process == "publisher") return cluster_control;
  return process == "pacer" ? std::string_view{pacer_control} : "";
}

bool same_links(const Topology& a, const Topology& b, std::string_view process) {
  const auto nodes = [](const Topology& topology) {
    std::vector<std::tuple<std::string, std::string, int, int>> all;
    for (const Node& node : topology.nodes)
      all.emplace_back(node.name, node.host, node.port, node.priority);
    return all;
  };
  const auto channels = [process](const Topology& topology) {
    std::vector<std::tuple<std::string, std::vector<std::string>, Scope, std::string, Duration,
                           Duration, Duration, int>>
        all;
    for (const Channel& channel : topology.channels) {
      const bool reads = std::ranges::find(channel.to, process) != channel.to.end();
      if (channel.from != process && !reads) continue;
      const int senders = channel.from == "pacer" ? topology.pacers : 1;
      all.emplace_back(channel.from, channel.to, channel.scope, channel.endpoint, channel.period,
                       channel.stale, channel.keyframe, senders);
    }
    return all;
  };
  return a.cluster == b.cluster && a.run_dir == b.run_dir && a.mode == b.mode &&
         a.encrypted == b.encrypted && a.control == b.control &&
         a.cluster_control == b.cluster_control && a.pacer_control == b.pacer_control &&
         nodes(a) == nodes(b) && channels(a) == channels(b);
}

Result<Place> parse_place(std::string_view text, std::string_view file, std::string_view node,
                          std::string_view process, int index) {
  ParsedTopology parsed = TRY(parse_checked(text, file));
  const Topology& topology = parsed.topology;
  const Node* self = topology.node(node);
  if (!self) {
    std::vector<std::string_view> names;
    for (const Node& known : topology.nodes) names.push_back(known.name);
    return fail(Errc::not_found,
                fmt::format("{}: no node '{}', there are {}", file, node, fmt::join(names, ", ")));
  }
  int count = 0;
  for (const auto& [name, instances] : topology.processes(*self))
    if (name == process) count = instances;
  if (count == 0)
    return tl::unexpected(error_at(self->where,
                                   fmt::format("node {}{} does not run {}", node,
                                               self->witness() ? ", a witness," : "", process),
                                   Errc::not_found));
  if (index < 0 || index >= count)
    return tl::unexpected(error_at(
        self->where,
        fmt::format("node {} runs {} of {}, there is no index {}", node, count, process, index),
        Errc::not_found));
  Settings settings = TRY(parsed.root.table(process));
  return Place{.topology = std::move(parsed.topology),
               .node = std::string{node},
               .process = std::string{process},
               .index = index,
               .settings = std::move(settings)};
}

}  // namespace paceline
