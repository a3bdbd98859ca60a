// The metrics of all processes of a node as one page for Prometheus.
//
// Pure. Every sample gets the labels node, process and index. Families of one name are one family,
// with help and type of the first process that has it. A family that a later process declares with
// another type, or whose name Prometheus would refuse, is left out and counted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/metrics.h"

namespace paceline::watch {

/// What one process answered.
struct ProcessMetrics {
  std::string node;
  std::string process;
  int index = 0;
  bool answered = false;
  std::vector<MetricFamily> families;
};

struct MergedMetrics {
  std::vector<MetricFamily> families;  // By name.
  std::uint64_t left_out = 0;          // Samples of families that do not fit together.
};

/// With `paceline_process_up` (1 = answered in time) for each process on top.
MergedMetrics merge_metrics(const std::vector<ProcessMetrics>& processes);

}  // namespace paceline::watch
