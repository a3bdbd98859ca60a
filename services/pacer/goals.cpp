#include "services/pacer/goals.h"

#include <algorithm>
#include <cmath>

namespace paceline::pacer {
namespace {

constexpr double window_goal_busy = 3;  // BUSY_FACTOR may abandon this many times the default goal.
constexpr double default_goal = 0.03;
constexpr double most_late = 0.5;  // SERVICE_LEVEL: a goal below 50 % is another target's.
constexpr LoopRange risk_range{-9, -0.02};
constexpr LoopRange reserve_range{-80, -0.02};  // METHOD.md, decisions.
constexpr LoopRange quantile_range{-6, 6};
constexpr LoopRange quantile_reserve_range{-20, 6};
constexpr double reserve_start = -6;  // Where reactive traffic takes half of the slots or more.
constexpr double quantile_reserve_start = -2;

}  // namespace

bool uses_quantile(const PacingOptions& options) {
  return options.algorithm == Algorithm::predictive_b ||
         options.algorithm == Algorithm::predictive_b_dual;
}

bool by_busy_factor(const PacingOptions& options) {
  return options.optimization_target == OptimizationTarget::busy_factor;
}

bool by_service_level(const PacingOptions& options) {
  return options.optimization_target == OptimizationTarget::service_level;
}

WaitGoal wait_goal_of(const PacingOptions& options) {
  WaitGoal goal{.after_s = static_cast<double>(options.abandonment_threshold)};
  if (!by_service_level(options)) return goal;
  goal.within_s = options.service_level_seconds;
  goal.after_s = std::min(goal.after_s, goal.within_s);
  return goal;
}

double share_of_goal(const PacingOptions& options, const PacingTuning& tuning, double outcomes,
                     double excess_quantile) {
  constexpr double most_share = 0.99;
  const double told = options.optimization_goal / 100.0;
  const double goal = by_busy_factor(options)     ? window_goal_busy * default_goal
                      : by_service_level(options) ? std::min(1 - told, most_late)
                                                  : told;
  const double share = 1 - excess_quantile / std::max(1.0, outcomes * goal);
  const double used = std::max(tuning.goal_share, std::min(share, most_share));
  return std::clamp(goal * used, 1e-4, 0.999);
}

double share_of_reactive_goal(const PacingTuning& tuning) {
  return std::clamp(tuning.reactive_goal_percent / 100 * tuning.goal_share, 1e-4, 0.999);
}

double outcomes_a_window(const LoopLearned& loop, double slots, const Estimates& e) {
  if (loop.window_outcomes > 0) return loop.window_outcomes;
  return 0.9 * slots * 36'000 / (e.service_s + e.wrap_up_s);
}

LoopRange range_of(const PacingOptions& options) {
  return uses_quantile(options) ? quantile_range : risk_range;
}

LoopRange reactive_range_of(const PacingOptions& options) {
  return uses_quantile(options) ? quantile_reserve_range : reserve_range;
}

double step_of_risk(const PacingOptions& options) {
  constexpr double step_of_z = 0.4;  // About risks of some percent.
  return uses_quantile(options) ? step_of_z : 1;
}

double corrected_s(const PacingOptions& options, double s, double budget_correction) {
  const LoopRange range = range_of(options);
  return std::clamp(s + step_of_risk(options) * budget_correction, range.low, range.high);
}

double first_s(const PacingOptions& options, double allowed, double slots) {
  if (uses_quantile(options)) return -1;
  return std::log(allowed) - 0.1 - 0.45 * std::log(std::max(1.0, slots) / 5);
}

double first_reserve(const PacingOptions& options, const PacingTuning& tuning, double slots,
                     const Estimates& e) {
  const double load = e.reactive_rate * (e.service_s + e.wrap_up_s) / std::max(1.0, slots);
  return first_s(options, share_of_reactive_goal(tuning), slots) +
         (uses_quantile(options) ? quantile_reserve_start : reserve_start) *
             std::min(1.0, 2 * load);
}

}  // namespace paceline::pacer
