// What counters tell between two looks, by one rule for all that learn from it.
#pragma once

#include <algorithm>
#include <cstdint>

namespace paceline::pacer {

inline constexpr double longest_gap_s = 120;  // [s] Beyond it nothing is learned from a difference.
inline constexpr double most_events = 1e5;    // In one difference; more is a counter's mistake.

/// [0, `most_events`] How far a cumulative counter rose; a fall is a restart and counts as none.
inline double rise(double before, double after) {
  return after <= before ? 0 : std::min(after - before, most_events);
}

inline double rise(std::uint64_t before, std::uint64_t after) {
  return after <= before ? 0 : std::min(static_cast<double>(after - before), most_events);
}

}  // namespace paceline::pacer
