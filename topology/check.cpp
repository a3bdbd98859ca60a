#include "topology/check.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "topology/channel_table.h"
#include "topology/supervisor.h"
#include "topology/topology_reader.h"

namespace paceline {
namespace {

constexpr std::size_t max_ipc_path = 107;  // sun_path of a Unix socket, without its final zero.

/// Why others cannot connect to what this socket binds, or it cannot bind it; "" = they can.
///   endpoint   "tcp://HOST:PORT"
std::string unreachable(std::string_view endpoint) {
  constexpr std::string_view scheme = "tcp://";
  const std::size_t colon = endpoint.rfind(':');
  if (colon < scheme.size()) return "has no port";
  std::string host{endpoint.substr(scheme.size(), colon - scheme.size())};
  const bool in_brackets = host.starts_with('[') && host.ends_with(']');
  if (in_brackets) host = host.substr(1, host.size() - 2);
  in_addr four{};
  in6_addr six{};
  const bool is_six = inet_pton(AF_INET6, host.c_str(), &six) == 1;
  const bool is_four = !in_brackets && inet_pton(AF_INET, host.c_str(), &four) == 1;
  if (host == "*" || (is_four && four.s_addr == 0) ||
      (is_six && std::memcmp(&six, &in6addr_any, sizeof six) == 0))
    return fmt::format("{} is every address of a host, and none to connect to; write one", host);
  if (is_six && !in_brackets) return fmt::format("an IPv6 address stands in brackets: [{}]", host);
  if (is_four || is_six) return {};
  return fmt::format("ZeroMQ binds numeric addresses, not names: write the address of {}",
                     host.empty() ? "the host" : host);
}

/// Sockets by what they bind; a second one on the same endpoint is a mistake.
class Sockets {
 public:
  Sockets(const Topology& topology, Findings& findings)
      : topology_{topology}, findings_{findings} {}

  /// `pattern` as bound by every instance of `process` on `node`.
  void bind(const Node& node, std::string_view process, int count, const std::string& what,
            std::string_view pattern, const Location& where) {
    if (node.host.empty()) return;  // Said already.
    for (int index = 0; index < count && !findings_.full(); ++index) {
      const auto filled = endpoint(topology_, pattern, node, process, index);
      if (!filled) return complain(where, fmt::format("{}: {}", what, filled.error().detail));
      const std::string owner = fmt::format("{} of {}/{}/{}", what, node.name, process, index);
      if (const std::string_view path = *filled;
          path.starts_with("ipc://") && path.size() - 6 > max_ipc_path)
        return complain(where, fmt::format("{}: {} is longer than the {} characters that a socket "
                                           "path may have; shorten run_dir",
                                           what, path, max_ipc_path));
      if (filled->starts_with("tcp://"))
        if (const std::string why = unreachable(*filled); !why.empty())
          return pattern.find("{host}") == pattern.npos
                     ? complain(where, fmt::format("{} = \"{}\": {}", what, pattern, why))
                     : complain(node.host_where, fmt::format("nodes.{}.host = \"{}\": {}",
                                                             node.name, node.host, why));
      const auto [at, is_new] = owners_.emplace(*filled, owner);
      if (!is_new)
        return complain(where,
                        fmt::format("{} binds {}, which {} binds too", owner, *filled, at->second));
    }
  }

 private:
  void complain(const Location& where, const std::string& what) {
    if (said_.insert(where.text() + what).second) findings_.add(where, what);
  }

  const Topology& topology_;
  Findings& findings_;
  std::map<std::string, std::string> owners_;
  std::set<std::string> said_;
};

void check_sockets(ParsedTopology& parsed) {
  const Topology& topology = parsed.topology;
  Sockets sockets{topology, parsed.findings};
  for (const Node& node : topology.nodes) {
    for (const auto& [process, count] : topology.processes(node)) {
      for (const Channel& channel : topology.channels)
        if (channel.from == process)
          sockets.bind(node, process, count, "channels." + channel.name + ".endpoint",
                       channel.endpoint, channel.where);
      sockets.bind(node, process, count, "control", topology.control, parsed.root.where("control"));
      if (const auto key = Topology::key_for_others(process); !key.empty())
        sockets.bind(node, process, count, std::string{key}, topology.control_for_others(process),
                     parsed.root.where(key));
    }
  }
}

void check_channels(const Topology& topology, Findings& findings) {
  for (const ChannelRule& rule : channel_rules()) {
    const Channel* channel = topology.channel(rule.name);
    if (!channel)
      findings.add(1, 1,
                   fmt::format("channels.{} is missing ({}, {} to {})", rule.name, rule.carries,
                               rule.from, rule.to[0]));
    if (!channel || rule.scope == Scope::node || !channel->endpoint.starts_with("ipc://")) continue;
    for (const Node& node : topology.nodes)
      if (node.host != topology.nodes.front().host) {
        findings.add(
            channel->where,
            fmt::format("channels.{}.endpoint = \"{}\": nodes {} and {} are on different "
                        "hosts, write tcp://...",
                        rule.name, channel->endpoint, topology.nodes.front().name, node.name));
        break;
      }
  }
}

void check_voters(const Topology& topology, Findings& findings) {
  if (topology.nodes.empty()) return;  // Said already.
  const auto able =
      std::ranges::count_if(topology.nodes, [](const Node& node) { return !node.witness(); });
  const auto voters = topology.nodes.size();
  if (able == 0)
    findings.add(topology.nodes.front().where,
                 "no node can be master: all have priority 0, they are witnesses");
  if (topology.mode == ElectionMode::pair) {
    if (able != 2 || voters > 3)
      findings.add(topology.nodes.front().where,
                   fmt::format("mode = \"pair\" is for two nodes, with or without a witness; here "
                               "are {} and {}",
                               able, voters - static_cast<std::size_t>(able)));
    return;
  }
  // Four or six are no mistake: a cluster grows and shrinks by one node at a time.
  if (voters == 2)
    findings.add(topology.nodes.back().where,
                 "2 voters: neither survives the loss of the other; add a witness (priority = 0) "
                 "or say mode = \"pair\"");
}

}  // namespace

ParsedTopology read_and_check(std::string_view text, std::string_view file) {
  ParsedTopology parsed = read_topology(text, file);
  if (parsed.is_toml) {
    check_channels(parsed.topology, parsed.findings);
    check_voters(parsed.topology, parsed.findings);
    check_sockets(parsed);
  }
  return parsed;
}

std::vector<Mistake> check_topology(std::string_view text, std::string_view file,
                                    std::string_view supervisor) {
  const ParsedTopology parsed = read_and_check(text, file);
  auto mistakes = parsed.findings.in_order();
  if (parsed.is_toml && !supervisor.empty())
    for (Mistake& mistake : check_supervisor(parsed.topology, supervisor))
      mistakes.push_back(std::move(mistake));
  return mistakes;
}

}  // namespace paceline
