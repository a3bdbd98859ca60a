// What the control loops of a target steer to, where they begin, and how far they may go.
#pragma once

#include "common/base/pacing_options.h"
#include "services/pacer/goal_loop.h"
#include "services/pacer/history.h"
#include "services/pacer/pacing_inputs.h"
#include "services/pacer/wait_risk.h"

namespace paceline::pacer {

/// Whether the loops steer QUANT's z (as -z), or the ln of RISK's risk.
bool uses_quantile(const PacingOptions& options);

bool by_busy_factor(const PacingOptions& options);
bool by_service_level(const PacingOptions& options);

/// Which proactive visitors count as lost: those who leave; with SERVICE_LEVEL those who are not
/// answered in time. Who leaves sooner than `abandonment_threshold` does not count at all.
WaitGoal wait_goal_of(const PacingOptions& options);

/// Share of proactive outcomes that may be lost (wait_goal_of): below the goal by
/// a window's noise, so that few windows end above it. That noise is
/// some interactions, so it matters less the more of them a window has.
///
///   outcomes  [interactions, >= 0] of a window
///   excess_quantile     [interactions, >= 0] abandoned beyond the mean in one window of forty
///   returns   (0..1)
double share_of_goal(const PacingOptions& options, const PacingTuning& tuning, double outcomes,
                     double excess_quantile);

/// The same of reactive outcomes.
double share_of_reactive_goal(const PacingTuning& tuning);

/// Interactions that end in a window: what whole ones had; until one was seen, those of so many
/// slots in a day of ten hours.
double outcomes_a_window(const LoopLearned& loop, double slots, const Estimates& estimates);

LoopRange range_of(const PacingOptions& options);

/// Of the reactive loop: far down it amounts to idle slots held back. An invited visitor also takes
/// the slot from reactive ones who come long after, so it must reach farther than the risk of the
/// invitation itself would tell.
LoopRange reactive_range_of(const PacingOptions& options);

/// How far s goes for a risk that changes by a factor of e: 1, for QUANT as far as z does.
double step_of_risk(const PacingOptions& options);

/// s of the proactive loop as it is used, with the window's budget: within its range.
///   budget_correction  v, in units of ln risk
double corrected_s(const PacingOptions& options, double s, double budget_correction);

/// Where a loop begins: a little below what an exact model would ask for.
///   allowed  (0..1) what it steers to
double first_s(const PacingOptions& options, double allowed, double slots);

/// Where the reactive loop begins: lower where reactive traffic takes much of the slots, since what
/// invitations cost it shows late.
double first_reserve(const PacingOptions& options, const PacingTuning& tuning, double slots,
                     const Estimates& estimates);

}  // namespace paceline::pacer
