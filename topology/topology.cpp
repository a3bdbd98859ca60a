#include "topology/topology.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

#include "common/base/check.h"
#include "topology/channel_table.h"
#include "topology/check.h"
#include "topology/reading.h"

namespace paceline {
namespace {

template <class Thing>
const Thing* named(const std::vector<Thing>& things, std::string_view name) {
  for (const Thing& thing : things)
    if (thing.name == name) return &thing;
  return nullptr;
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
  const auto mistakes = check_topology(text, file);
  if (!mistakes.empty()) {
    const std::string more =
        mistakes.size() == 1 ? "" : fmt::format(" (and {} more mistakes)", mistakes.size() - 1);
    return fail(mistakes.front().where + ": " + mistakes.front().what + more);
  }
  Topology topology = read_topology(text, file).topology;
  scale_pacing_world(topology);
  return topology;
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
         a.cluster_control == b.cluster_control && nodes(a) == nodes(b) &&
         channels(a) == channels(b);
}

Result<Place> parse_place(std::string_view text, std::string_view file, std::string_view node,
                          std::string_view process, int index) {
  Topology topology = TRY(parse_topology(text, file));
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
    return fail(Errc::not_found, fmt::format("{}: node {}{} does not run {}", self->where, node,
                                             self->witness() ? ", a witness," : "", process));
  if (index < 0 || index >= count)
    return fail(Errc::not_found, fmt::format("{}: node {} runs {} of {}, there is no index {}",
                                             self->where, node, count, process, index));
  Settings root = TRY(Settings::parse(text, file));
  Settings settings = TRY(root.table(process));
  return Place{.topology = std::move(topology),
               .node = std::string{node},
               .process = std::string{process},
               .index = index,
               .settings = std::move(settings)};
}

}  // namespace paceline
