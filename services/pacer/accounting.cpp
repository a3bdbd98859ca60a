#include "services/pacer/accounting.h"

#include <algorithm>
#include <cmath>

namespace paceline::pacer {
namespace {

constexpr double clock_tolerance_s = 60;

}  // namespace

AccountingWindow accounting_window(const PacingInputs& in, const PacingTuning& tuning,
                                   double now_s) {
  const double own_s = in.window_ends_s - in.window_begins_s;
  if (own_s >= 1 && now_s >= in.window_begins_s && now_s <= in.window_ends_s)
    return {.age_s = now_s - in.window_begins_s,
            .length_s = own_s,
            .tolerance_s = std::min(clock_tolerance_s, own_s / 2)};
  const double length_s = std::max(1.0, tuning.window_s);
  double age_s = std::fmod(now_s - tuning.window_begins_s, length_s);
  if (age_s < 0) age_s += length_s;
  return {.age_s = age_s, .length_s = length_s};
}

Budget budget_of(const PacingOptions& options, const PacingTuning& tuning, const LoopLearned& today,
                 const RollingDays& before, double allowed, double whole, double left) {
  Budget budget{.correction = GoalLoop{today}.budget_correction(allowed, left)};
  if (options.rolling_days == 0) return budget;
  const RollingSum past = before.sum(options.rolling_days - 1);
  GoalLoop rolling{today};
  rolling.learned.outcomes += past.outcomes;
  rolling.learned.abandoned += past.abandoned;
  const double rolling_allowed =
      share_of_goal(options, tuning, past.outcomes + whole, rolling.excess_quantile());
  const double correction = rolling.budget_correction(rolling_allowed, left);
  budget.rolling_outcomes = rolling.learned.outcomes;
  if (budget.rolling_outcomes > 0)
    budget.rolling_abandonment = rolling.learned.abandoned / rolling.learned.outcomes;
  budget.rolling_excess = rolling.excess(rolling_allowed);
  budget.rolling_binds = correction < budget.correction;
  budget.correction = std::min(budget.correction, correction);
  return budget;
}

}  // namespace paceline::pacer
