// The windows in which a target keeps its goal: a day, by its own calendar or the pacer's, and beside it the rolling
// window of several days of which today is the last. Which of the two has the tighter budget now. Pure.
#pragma once

#include "services/pacer/goals.h"
#include "services/pacer/pacing_inputs.h"

namespace paceline::pacer {

struct AccountingWindow {
  double age_s = 0;        // [s, 0..length_s]
  double length_s = 1;     // [s, >= 1] a day may have 23 or 25 hours.
  double tolerance_s = 0;  // [s] by which the age may fall although it is the same window.
};

/// The window that `now_s` is in. The wall clock, by which a calendar's day is told, may be set by seconds.
AccountingWindow accounting_window(const PacingInputs& inputs, const PacingTuning& tuning,
                                   double now_s);

struct Budget {
  double correction = 0;           // v: to be added to s, the tighter of both.
  bool rolling_binds = false;      // It is the rolling window's.
  double rolling_outcomes = 0;     // [interactions] in the rolling window; 0 without one.
  double rolling_abandonment = 0;  // [0..1] of them.
  double rolling_excess = 0;       // [interactions] beyond its budget; any sign.
};

/// What is left of both windows' budgets. The rolling one's ends tonight as well: every night the days
/// behind it, with the one that is over, are to be within the goal.
///
///   allowed  (0..1) a of the day
///   whole    [interactions] outcomes of a whole day
///   left     [interactions] of today, still to come
Budget budget_of(const PacingOptions& options, const PacingTuning& tuning, const LoopLearned& today,
                 const RollingDays& before, double allowed, double whole, double left);

}  // namespace paceline::pacer
