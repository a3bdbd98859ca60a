// The topology file key by key: types, ranges and what the channel table says; goes on after a
// mistake.
//
// What concerns several nodes or channels at once is check.cpp's.
#pragma once

#include <string>
#include <string_view>

#include "topology/findings.h"
#include "topology/topology.h"

namespace paceline {

struct Reading {
  Topology
      topology;  // With defaults where the file is wrong: good for looking for more mistakes only.
  Findings findings;
  bool is_toml = true;
  std::string control_where;  // "FILE:LINE:COLUMN" of the key, or of the file's start.
  std::string cluster_control_where;
};

Reading read_topology(std::string_view text, std::string_view file);

/// Divides the times of the pacing world's channels by time_scale.
void scale_pacing_world(Topology& topology);

}  // namespace paceline
