#include "services/statfeed/config_feed_endpoint.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>

namespace paceline::statfeed {
namespace {

constexpr std::size_t longest_path = 107;  // sun_path of a Unix socket, without its final zero.

std::string fault_of_path(std::string_view path) {
  if (!path.starts_with('/')) return "the path must be absolute: begin with {run}, say";
  if (path.size() > longest_path)
    return fmt::format("a longer path than a socket may have: {}", longest_path);
  return {};
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size() && port > 0 &&
         port <= 65535;
}

std::string fault_of_address(std::string_view address) {
  const auto colon = address.rfind(':');
  if (colon == address.npos || address.ends_with(']')) return "has no port";
  if (!is_port(address.substr(colon + 1))) return "its port is not in [1, 65535]";
  std::string host{address.substr(0, colon)};
  if (host == "*") return {};
  const bool in_brackets = host.starts_with('[') && host.ends_with(']');
  if (in_brackets) host = host.substr(1, host.size() - 2);
  in_addr four{};
  in6_addr six{};
  if (inet_pton(AF_INET6, host.c_str(), &six) == 1)
    return in_brackets ? "" : fmt::format("an IPv6 address stands in brackets: [{}]", host);
  if (!in_brackets && inet_pton(AF_INET, host.c_str(), &four) == 1) return {};
  return fmt::format("ZeroMQ binds numeric addresses, not names: write the address of {}",
                     host.empty() ? "the host" : host);
}

// Which of the bus's sockets, of any node, binds it; "" = none.
std::string bound_by(std::string_view feed, const Topology& topology) {
  std::string owner;
  for (const Node& node : topology.nodes)
    for (const auto& [process, count] : topology.processes(node))
      for (int index = 0; index < count; ++index) {
        const auto compare = [&](std::string_view pattern, const std::string& what) {
          const auto filled = endpoint(topology, pattern, node, process, index);
          if (filled && *filled == feed && owner.empty())
            owner = fmt::format("{} of {}/{}/{}", what, node.name, process, index);
        };
        for (const Channel& channel : topology.channels)
          if (channel.from == process) compare(channel.endpoint, "channel " + channel.name);
        compare(topology.control, "control");
        if (const auto key = Topology::key_for_others(process); !key.empty())
          compare(topology.control_for_others(process), std::string{key});
      }
  return owner;
}

}  // namespace

std::string fault_of_feed_endpoint(std::string_view endpoint, const Topology& topology) {
  constexpr std::string_view ipc = "ipc://";
  constexpr std::string_view tcp = "tcp://";
  std::string fault = "neither ipc:// nor tcp://";
  if (endpoint.starts_with(ipc)) fault = fault_of_path(endpoint.substr(ipc.size()));
  if (endpoint.starts_with(tcp)) fault = fault_of_address(endpoint.substr(tcp.size()));
  if (!fault.empty()) return fault;
  const std::string owner = bound_by(endpoint, topology);
  return owner.empty() ? "" : fmt::format("is {}, which {} binds too", endpoint, owner);
}

}  // namespace paceline::statfeed
