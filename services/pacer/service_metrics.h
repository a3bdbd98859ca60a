// What the pacer tells monitoring; SETTINGS.md and ops/monitoring name them.
#pragma once

#include <vector>

#include "common/base/metrics.h"
#include "services/pacer/shard_totals.h"

namespace paceline::pacer {

struct PacerMetrics {
  explicit PacerMetrics(Metrics& metrics);

  Counter& decisions;
  Counter& feedback_ignored;
  Counter& save_failures;
  Histogram& decide_seconds;
  Histogram& decided_on_age;
  Gauge& stat_age;
  Gauge& feedback_age;
  Gauge& cold;
  Gauge& granted;
  std::vector<Gauge*> by_reason;
};

}  // namespace paceline::pacer
