// What an operator may set about pacing, for the whole service and per target. The names are those
// that users of Genesys Web Engagement's pacing know (service:pacing, 8.1.2).
#pragma once

#include <string_view>

#include "common/base/settings.h"

namespace paceline {

enum class Algorithm : std::uint8_t {
  super_progressive,       // Made for 1-30 agents; proactive traffic only.
  super_progressive_dual,  // As above, for proactive and reactive traffic.
  predictive_b,            // Made for 30 agents and more; proactive traffic only.
  predictive_b_dual,
};

enum class OptimizationTarget : std::uint8_t { abandonment_rate, busy_factor };

struct PacingOptions {
  Algorithm algorithm = Algorithm::super_progressive;
  OptimizationTarget optimization_target = OptimizationTarget::abandonment_rate;
  int optimization_goal = 3;  // [1..99 percent] abandonment no more than, or busy no less than.
  int proactive_ratio = 50;   // [0..100 percent] of the capacity for proactive traffic; _DUAL only.
  Duration refresh_period = 2s;  // [100ms..60s] how often the algorithm runs.
  bool enabled = true;           // false: the target is paced to zero with reason `disabled`.

  bool operator==(const PacingOptions&) const = default;
};

constexpr bool is_dual(Algorithm algorithm) {
  return algorithm == Algorithm::super_progressive_dual ||
         algorithm == Algorithm::predictive_b_dual;
}

/// "SUPER_PROGRESSIVE", ...: the option's words.
std::string_view to_string(Algorithm algorithm);
std::string_view to_string(OptimizationTarget target);

Result<Algorithm> parse_algorithm(std::string_view word);

/// The vendor's misspelling ABANDONEMENT_RATE is understood too.
Result<OptimizationTarget> parse_optimization_target(std::string_view word);

/// Reads algorithm, optimizationTarget, optimizationGoal, proactiveRatio, refreshPeriod and enabled
/// from `settings`; what is absent stays as in `defaults`. Does not call finish().
Result<PacingOptions> parse_pacing_options(Settings& settings, const PacingOptions& defaults = {});

}  // namespace paceline
