// The topology file key by key: types, ranges, and what the channel table says. It goes on after a
// mistake; what concerns several nodes or channels at once is check.cpp's.
#pragma once

#include <string_view>

#include "common/base/settings.h"
#include "topology/findings.h"
#include "topology/topology.h"

namespace paceline {

struct ParsedTopology {
  Topology topology;  // Defaults where the file is wrong: good for finding more mistakes only.
  Findings findings;
  Settings root;  // The whole file, none of its keys counted as read; empty if it is not TOML.
  bool is_toml = true;
};

ParsedTopology read_topology(std::string_view text, std::string_view file);

/// Divides the times of the pacing world's channels by time_scale.
void scale_pacing_world(Topology& topology);

}  // namespace paceline
