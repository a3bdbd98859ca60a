// Whether senders can reach the endpoint of a feed: what ZeroMQ cannot bind, and what is bound already, is told before
// anything runs.
#pragma once

#include <string>
#include <string_view>

#include "topology/topology.h"

namespace paceline::statfeed {

/// What is wrong with it; "" = nothing.
///   endpoint   with its {words} filled in
std::string fault_of_feed_endpoint(std::string_view endpoint, const Topology& topology);

}  // namespace paceline::statfeed
