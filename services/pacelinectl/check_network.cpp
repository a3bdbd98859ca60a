#include "services/pacelinectl/check_network.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

namespace paceline::pacelinectl {
namespace {

constexpr Duration connect_patience = 2s;

std::optional<TcpPlace> tcp_place(std::string_view endpoint) {
  constexpr std::string_view tcp = "tcp://";
  const auto colon = endpoint.rfind(':');
  if (!endpoint.starts_with(tcp) || colon < tcp.size()) return std::nullopt;
  TcpPlace place{.host = std::string{endpoint.substr(tcp.size(), colon - tcp.size())}};
  if (place.host.starts_with('[') && place.host.ends_with(']'))
    place.host = place.host.substr(1, place.host.size() - 2);
  if (place.host == "*") place.host = "0.0.0.0";
  const std::string_view digits = endpoint.substr(colon + 1);
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), place.port);
  if (read.ec != std::errc{}) return std::nullopt;
  return place;
}

std::string text_of(const TcpPlace& place) {
  return place.host.find(':') == std::string::npos ? fmt::format("{}:{}", place.host, place.port)
                                                   : fmt::format("[{}]:{}", place.host, place.port);
}

void add_own_places(CheckContext& context, std::vector<BoundPort>& ports) {
  if (const auto& watch = context.settings.watch; watch && watch->listen_port != 0)
    ports.push_back({"watch", 0, "its page", {watch->listen_address, watch->listen_port}});
  if (const auto& statfeed = context.settings.statfeed)
    if (const auto place = tcp_place(statfeed->bus.endpoint))
      ports.push_back({"statfeed", 0, "the feed", *place});
}

/// Whether a process of our node connects there.
bool is_wanted(const Topology& topology, const Node& self, const BoundPort& port) {
  if (!self.witness()) return true;
  return std::ranges::any_of(topology.channels, [&](const Channel& channel) {
    return port.what == "channel " + channel.name && channel.scope == Scope::cluster &&
           std::ranges::find(channel.to, "elector") != channel.to.end() &&
           channel.from == "elector";
  });
}

/// What became of the ports of a node.
struct PortSums {
  std::size_t held = 0;  // By its own processes.
  std::size_t free = 0;
  std::set<std::string> elsewhere;  // Addresses that this host does not have.
};

void check_port(CheckContext& context, const RunningFacts& running, const BoundPort& port,
                PortSums& sums) {
  const auto free_now = context.environment.host().can_listen(port.place.host, port.place.port);
  const std::string is =
      fmt::format("tcp {}, {} of {}", text_of(port.place), port.what, port.process);
  const ProcessFacts* process = running.find(port.process, port.index);
  const bool runs = process && process->answers;
  if (free_now && runs)
    context.list.critical("ports", is + ", is held by nobody although that process runs",
                          fmt::format("pacelinectl reload {}, and look at its log", port.process));
  else if (free_now)
    ++sums.free;
  else if (free_now.error().code == Errc::refused && runs)
    ++sums.held;
  else if (free_now.error().code == Errc::refused)
    context.list.critical("ports", is + ", is taken by another program",
                          fmt::format("ss -ltnp 'sport = :{}' names it; end it, or give the node "
                                      "another port",
                                      port.place.port));
  else if (free_now.error().code == Errc::not_found)
    sums.elsewhere.insert(port.place.host);
  else
    context.list.unknown("ports", fmt::format("{}: {}", is, free_now.error().detail),
                         "ask as the user that runs Paceline");
}

}  // namespace

std::vector<BoundPort> bound_ports(const ClusterFile& cluster, const Node& node) {
  const Topology& topology = cluster.topology;
  std::vector<BoundPort> ports;
  for (const auto& [process, count] : topology.processes(node))
    for (int index = 0; index < count; ++index) {
      const auto add = [&](std::string_view pattern, std::string what) {
        const auto filled = endpoint(topology, pattern, node, process, index);
        const auto place = filled ? tcp_place(*filled) : std::nullopt;
        if (place) ports.push_back({process, index, std::move(what), *place});
      };
      for (const Channel& channel : topology.channels)
        if (channel.from == process) add(channel.endpoint, "channel " + channel.name);
      if (const auto key = Topology::key_for_others(process); !key.empty())
        add(topology.control_for_others(process), std::string{key});
    }
  return ports;
}

void check_ports(CheckContext& context, const RunningFacts& running) {
  auto ports = bound_ports(context.cluster, context.self());
  add_own_places(context, ports);
  PortSums sums;
  for (const BoundPort& port : ports) check_port(context, running, port, sums);
  for (const std::string& host : sums.elsewhere)
    context.list.critical(
        "ports",
        fmt::format("{} is no address of this host, so node {} cannot listen there", host,
                    context.cluster.node),
        "is this the host of that node (--node), and is its `host` right?");
  if (sums.held + sums.free == ports.size())
    context.list.ok("ports",
                    fmt::format("{} tcp ports of node {}: {} held by its own processes, {} free",
                                ports.size(), context.cluster.node, sums.held, sums.free));
}

void check_peers(CheckContext& context) {
  struct Tried {
    const Node* node;
    BoundPort port;
  };
  std::vector<Tried> tried;
  std::vector<TcpPlace> places;
  for (const Node& node : context.topology().nodes) {
    if (node.name == context.cluster.node) continue;
    for (BoundPort& port : bound_ports(context.cluster, node))
      if (is_wanted(context.topology(), context.self(), port)) {
        places.push_back(port.place);
        tried.push_back({&node, std::move(port)});
      }
  }
  if (tried.empty()) return context.list.ok("peers", "no other node is on tcp");
  const auto outcomes = context.environment.connect_all(places, connect_patience);
  for (const Node& node : context.topology().nodes) {
    std::vector<std::string> silent;  // Somebody in between drops what is sent.
    std::vector<std::string> closed;
    std::string why;
    std::size_t count = 0;
    for (std::size_t i = 0; i < tried.size(); ++i) {
      if (tried[i].node != &node) continue;
      ++count;
      if (outcomes[i]) continue;
      const bool is_refused = outcomes[i].error().code == Errc::refused;
      (is_refused ? closed : silent).push_back(std::to_string(places[i].port));
      if (!is_refused) why = outcomes[i].error().detail;
    }
    const std::string& self = context.self().host;
    if (!silent.empty())
      context.list.critical("peers",
                            fmt::format("{} cannot be reached at tcp {} of {}: {}", node.name,
                                        fmt::join(silent, ", "), node.host, why),
                            fmt::format("is its `host` right and the host up? Else let these ports "
                                        "through from {} to {}: a firewall, or a route",
                                        self, node.host));
    if (!closed.empty())
      context.list.warning("peers",
                           fmt::format("the host of {} answers, and nobody listens at tcp {} of {}",
                                       node.name, fmt::join(closed, ", "), node.host),
                           fmt::format("start node {} there", node.name));
    if (count > 0 && silent.empty() && closed.empty())
      context.list.ok("peers", fmt::format("{}: all {} tcp ports answer here", node.name, count));
  }
}

void check_clocks(CheckContext& context, const RunningFacts& running) {
  if (context.topology().nodes.size() < 2) return;
  if (!running.cluster)
    return context.list.unknown(
        "clock", "how the clocks of the other nodes stand, only a running watch knows",
        context.self().witness() ? "check on a node that has one"
                                 : "start the node, then check again");
  double most = 0;
  bool all_good = true;
  for (const NodeAnswer& node : running.cluster->nodes) {
    if (node.name == context.cluster.node || node.role == NodeRole::down) continue;
    const double ahead = node.clock_ahead_s;
    most = std::max(most, std::abs(ahead));
    if (std::abs(ahead) < clock_tells_s) continue;
    all_good = false;
    const std::string is = fmt::format("the clock of {} is {:.1f} s {} ours", node.name,
                                       std::abs(ahead), ahead > 0 ? "ahead of" : "behind");
    const std::string remedy =
        "look at the time synchronisation of both (chronyc tracking, timedatectl)";
    if (std::abs(ahead) >= clock_stops_s)
      context.list.critical("clock", is, remedy);
    else
      context.list.warning("clock", is, remedy);
  }
  if (all_good)
    context.list.ok(
        "clock", fmt::format("those of the nodes that are heard differ by {:.2f} s at most", most));
  context.list.figure("clock_s", fmt::format("{:.3f}", most));
}

}  // namespace paceline::pacelinectl
