// The channels that the code can speak: what each carries, who writes it and who may read it.
//
// A topology file says where and how often; who and what has to be as in this table.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "topology/topology.h"

namespace paceline {

struct ChannelRule {
  std::string_view name;
  std::string_view carries;  // The structure of common/wire/messages.h.
  std::string_view from;
  std::array<std::string_view, 3> to;  // "" = no further one.
  Scope scope;
  bool rows;    // Sends keyframes and changed rows.
  bool scaled;  // Belongs to the pacing world: its times are divided by time_scale.

  bool reads(std::string_view process) const { return std::ranges::find(to, process) != to.end(); }
};

/// All channels, in the order of the pipeline.
std::span<const ChannelRule> channel_rules();

/// The rule of that name, or null.
const ChannelRule* channel_rule(std::string_view name);

/// The processes of a node in start order; each may have a table in the topology file.
std::span<const std::string_view> process_names();

}  // namespace paceline
