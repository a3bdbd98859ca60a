// What a bench of the whole path says of one plan.
#pragma once

#include <vector>

#include "tests/scenario/closed_loop.h"

namespace paceline::test {

/// Means over days of different seeds, and half of their 95 % intervals.
struct LoopFigures {
  std::vector<double> occupancy;    // [%] of slots, by seed.
  std::vector<double> abandonment;  // [%]
  double requests_per_minute = 0;
  double bytes_per_s = 0;  // Bodies, before compression.
};

/// One day of each seed from 1 to `seeds`, after what is learned before.
LoopFigures measure_loop(const ClosedLoop::Plan& plan, int seeds, Duration day = ClosedLoop::day);

double mean_of(const std::vector<double>& values);
/// Half of the 95 % interval; 0 of a single value.
double interval_of(const std::vector<double>& values);

}  // namespace paceline::test
