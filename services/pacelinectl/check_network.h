// What `pacelinectl check` finds out over the network: ports of ours and of peers, clocks, and the outside without
// publishing.
#pragma once

#include "services/pacelinectl/check_running.h"

namespace paceline::pacelinectl {

inline constexpr double clock_tells_s = 1;  // [s] Two clocks that differ by more are told,
inline constexpr double clock_stops_s =
    3;  // and by more than this are wrong, as watch's causes have it.

/// A tcp socket that a process of a node binds.
struct BoundPort {
  std::string process;
  int index = 0;
  std::string what;  // "channel heartbeat"
  TcpPlace place;
};

/// All of them, in the order of the topology.
std::vector<BoundPort> bound_ports(const ClusterFile& cluster, const Node& node);

/// Whether our processes can have their ports: free, or held by the process itself.
void check_ports(CheckContext& context, const RunningFacts& running);
/// Whether the ports of the other nodes answer here.
void check_peers(CheckContext& context);
/// Clocks of the other nodes beside ours, as the electors measure them.
void check_clocks(CheckContext& context, const RunningFacts& running);
/// Token, endpoint (the probe of a standby, which publishes nothing) with its clock, Stat Servers with our login, and the
/// watches of other nodes: all at once, then what wants a token.
///   unsaid   Stat Servers of which the running statfeed says nothing good
void check_outside(CheckContext& context, const std::vector<std::size_t>& unsaid);

}  // namespace paceline::pacelinectl
