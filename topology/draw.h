// A topology as a text drawing: a box for each node with what its processes say to each other, and
// below what crosses between the nodes.
#pragma once

#include <string>

#include "topology/topology.h"

namespace paceline {

/// At most 100 columns wide while names are of ordinary length; ends with a line break.
std::string draw_topology(const Topology& topology);

}  // namespace paceline
