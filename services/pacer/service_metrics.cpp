#include "services/pacer/service_metrics.h"

#include <array>

namespace paceline::pacer {
namespace {

constexpr std::array<double, 9> age_bounds = {0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30};
constexpr std::array<double, 8> decide_bounds = {1e-5, 1e-4, 5e-4, 1e-3, 5e-3, 2e-2, 1e-1, 1};

}  // namespace

PacerMetrics::PacerMetrics(Metrics& metrics)
    : decisions{metrics.counter("paceline_pacer_decisions_total", "Targets decided.")},
      feedback_ignored{metrics.counter(
          "paceline_pacer_feedback_ignored_total",
          "Feedback older than what is known already, or of a node that is not master.")},
      save_failures{metrics.counter("paceline_pacer_checkpoint_failures_total",
                                    "Checkpoints that could not be written.")},
      decide_seconds{metrics.histogram("paceline_pacer_decide_seconds",
                                       "Time to decide the targets that were due.", decide_bounds)},
      decided_on_age{metrics.histogram(
          "paceline_pacer_decided_on_stat_age_seconds",
          "Age of the statistics when targets were decided, in the pacing world.", age_bounds)},
      stat_age{metrics.gauge("paceline_pacer_stat_age_seconds",
                             "Age of the last statistics, in the pacing world; -1 = none.")},
      feedback_age{metrics.gauge("paceline_pacer_feedback_age_seconds",
                                 "Age of the last feedback, in the pacing world; -1 = none.")},
      cold{metrics.gauge("paceline_pacer_cold_targets",
                         "Targets that are paced with nothing learned yet.")},
      granted{metrics.gauge("paceline_pacer_max_pending",
                            "Invitations that may be outstanding, over all targets.")} {
  for (std::size_t reason = 0; reason < pace_reasons; ++reason)
    by_reason.push_back(&metrics.gauge("paceline_pacer_targets",
                                       "Targets by the reason of their last decision.",
                                       {{"reason", to_string(static_cast<PaceReason>(reason))}}));
}

}  // namespace paceline::pacer
