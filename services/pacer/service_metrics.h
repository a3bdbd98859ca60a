// What the pacer tells monitoring; SETTINGS.md and ops/monitoring name them.
#pragma once

#include <vector>

#include "common/base/metrics.h"
#include "common/wire/messages.h"

namespace paceline::pacer {

inline constexpr int pace_reasons = static_cast<int>(words_of<PaceReason>.size());

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
