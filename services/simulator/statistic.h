// The statistics that a simulated Stat Server knows, by name and by definition, and their values.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/wire/statistics.h"
#include "services/simulator/centre.h"

namespace paceline::simulator {

enum class Metric : std::uint8_t {
  logged_in,
  ready,
  busy,
  after_call_work,
  not_ready,
  in_queue,
  entered,
  answered,
  abandoned,
  handling_time,
  waiting_time,
  in_handling,
  slots,
};

/// A Stat Server's own beginning: its counters are what happened since.
struct CounterBase {
  std::uint64_t entered = 0;
  std::uint64_t answered = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t handled = 0;
  double handling_s = 0;
  double waiting_s = 0;

  bool operator==(const CounterBase&) const = default;
};

/// Which metric a request means: by its name (underscores and case do not count), else by its
/// definition's category, subject and mask.
///   errors   not_found: unknown name or definition; refused: not a statistic of that object type
Result<Metric> metric_of(const StatisticRequest& request);

/// True for the metrics of agents, whose object is the agent group; the others belong to the queue.
bool is_of_agents(Metric metric);

CounterBase base_of(const TargetCounts& counts);

/// The value now; averages are 0 before anything ended.
double value_of(Metric metric, const TargetCounts& counts, const CounterBase& base);

}  // namespace paceline::simulator
