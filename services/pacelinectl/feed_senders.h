// Those who feed statistics over the bus in place of Stat Servers (services/statfeed/FEED.md), and have keys as nodes have.
#pragma once

#include <string>
#include <vector>

#include "topology/topology.h"

namespace paceline::pacelinectl {

/// Those whose keys statfeed wants to see; none where it has Stat Servers.
///   errors   the first mistake of statfeed's table
Result<std::vector<std::string>> feed_senders(const std::string& text, const std::string& file,
                                              const Topology& topology);

}  // namespace paceline::pacelinectl
