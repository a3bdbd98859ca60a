#include "topology/draw.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace paceline {
namespace {

/// "pacer 0..3", or the name alone for a process that runs once.
std::string named(const std::string& process, int count) {
  return count > 1 ? fmt::format("{} 0..{}", process, count - 1) : process;
}

int count_of(const Topology& topology, const Node& node, std::string_view process) {
  for (const auto& [name, count] : topology.processes(node))
    if (name == process) return count;
  return 0;
}

std::string times(const Channel& channel) {
  std::string text = fmt::format("every {}, gone after {}", format_duration(channel.period),
                                 format_duration(channel.stale));
  if (channel.keyframe > Duration::zero())
    text += fmt::format(", all rows every {}", format_duration(channel.keyframe));
  return text;
}

std::string filled(const Topology& topology, const std::string& pattern, const Node& node,
                   std::string_view process, int index) {
  return endpoint(topology, pattern, node, process, index).value_or(pattern);
}

/// One line of a drawing: who, over which channel, to whom.
struct Line {
  std::string from;
  std::string arrow;
  std::string to;
  std::string note;
};

std::vector<std::string> aligned(const std::vector<Line>& lines, char shaft) {
  std::size_t from = 0;
  std::size_t arrow = 0;
  std::size_t to = 0;
  for (const Line& line : lines) {
    from = std::max(from, line.from.size());
    arrow = std::max(arrow, line.arrow.size());
    to = std::max(to, line.to.size());
  }
  std::vector<std::string> text;
  for (const Line& line : lines) {
    const std::string head = line.arrow.empty()
                                 ? std::string(arrow + 5, ' ')
                                 : fmt::format("{0}{0}{1}{2}>", shaft, line.arrow,
                                               std::string(arrow - line.arrow.size() + 2, shaft));
    text.push_back(line.note.empty() ? fmt::format("{:<{}}  {}  {}", line.from, from, head, line.to)
                                     : fmt::format("{:<{}}  {}  {:<{}}  {}", line.from, from, head,
                                                   line.to, to, line.note));
  }
  return text;
}

std::string box(const std::string& title, const std::vector<std::string>& lines) {
  std::size_t width = title.size() + 4;
  for (const std::string& line : lines) width = std::max(width, line.size() + 2);
  std::string text = fmt::format("+-- {} {}+\n", title, std::string(width - title.size() - 4, '-'));
  for (const std::string& line : lines) text += fmt::format("| {:<{}}|\n", line, width - 1);
  return text + "+" + std::string(width, '-') + "+\n";
}

std::string node_box(const Topology& topology, const Node& node) {
  std::vector<Line> lines;
  for (const Channel& channel : topology.channels) {
    const int writers = count_of(topology, node, channel.from);
    if (writers == 0 || channel.scope != Scope::node) continue;
    std::vector<std::string> readers;
    for (const std::string& reader : channel.to)
      if (const int count = count_of(topology, node, reader); count > 0)
        readers.push_back(named(reader, count));
    lines.push_back(
        {.from = named(channel.from, writers),
         .arrow = channel.name,
         .to = readers.empty() ? "nobody here" : fmt::format("{}", fmt::join(readers, ", ")),
         .note = {}});
  }
  auto text = aligned(lines, '-');
  if (node.witness()) text = {"elector, alone: it votes and is never master"};
  return box(fmt::format("node {}: {}, ports from {}, {}", node.name, node.host, node.port,
                         node.witness() ? "witness" : fmt::format("priority {}", node.priority)),
             text);
}

/// "elector of a, b, w"
std::string of_nodes(const Topology& topology, const std::string& process) {
  std::vector<std::string> nodes;
  for (const Node& node : topology.nodes)
    if (count_of(topology, node, process) > 0) nodes.push_back(node.name);
  return fmt::format("{} of {}", process, fmt::join(nodes, ","));
}

std::string between_nodes(const Topology& topology) {
  std::vector<Line> lines;
  for (const Channel& channel : topology.channels) {
    if (channel.scope != Scope::cluster) continue;
    for (std::size_t i = 0; i < channel.to.size(); ++i)
      lines.push_back({.from = i == 0 ? of_nodes(topology, channel.from) : "",
                       .arrow = i == 0 ? channel.name : "",
                       .to = of_nodes(topology, channel.to[i]),
                       .note = {}});
  }
  std::string text = fmt::format("Between the nodes, each to all ({}):\n",
                                 topology.encrypted ? "tcp with CURVE" : "not encrypted");
  for (const std::string& line : aligned(lines, '=')) text += "  " + line + "\n";
  return text;
}

std::string channel_times(const Topology& topology) {
  std::string text = topology.time_scale == 1
                         ? "Times:\n"
                         : fmt::format(
                               "Times (the pacing world runs {} times faster, that is "
                               "counted in):\n",
                               topology.time_scale);
  for (const Channel& channel : topology.channels)
    text += fmt::format("  {:<12} {:<18} {}\n", channel.name, channel.carries, times(channel));
  return text;
}

std::string sockets(const Topology& topology) {
  std::string text = "Sockets:\n";
  for (const Node& node : topology.nodes)
    for (const auto& [process, count] : topology.processes(node))
      for (int index = 0; index < count; ++index) {
        const auto add = [&, &process = process](const std::string& what,
                                                 const std::string& pattern) {
          text += fmt::format("  {:<16} {:<16} {}\n",
                              fmt::format("{}/{}/{}", node.name, process, index), what,
                              filled(topology, pattern, node, process, index));
        };
        for (const Channel& channel : topology.channels)
          if (channel.from == process) add(channel.name, channel.endpoint);
        add("control", topology.control);
        if (const auto key = Topology::key_for_others(process); !key.empty())
          add(std::string{key}, std::string{topology.control_for_others(process)});
      }
  return text;
}

std::string headline(const Topology& topology) {
  const auto voters = topology.nodes.size();
  const std::string rule =
      topology.mode == ElectionMode::pair
          ? "pair mode: a cut between the two makes two masters, the endpoint's fence tells them "
            "apart"
          : fmt::format("{} of {} voters make a master", voters / 2 + 1, voters);
  return fmt::format("Cluster {}: {}.\n\n", topology.cluster, rule);
}

}  // namespace

std::string draw_topology(const Topology& topology) {
  std::string text = headline(topology);
  for (const Node& node : topology.nodes) text += node_box(topology, node) + "\n";
  return text + between_nodes(topology) + "\n" + channel_times(topology) + "\n" + sockets(topology);
}

}  // namespace paceline
