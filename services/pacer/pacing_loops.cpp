// TargetPacing's control loops: what has ended moves them, and what they have cost.
#include <algorithm>
#include <cmath>

#include "services/pacer/accounting.h"
#include "services/pacer/goals.h"
#include "services/pacer/pacing.h"
#include "services/pacer/predictive.h"

namespace paceline::pacer {
namespace {

constexpr double anti_windup = 0.7;   // A loop's s may exceed the smaller one by this much.
constexpr double reserve_gain = 3;    // Of the reactive loop, times the proactive loop's,
constexpr double reserve_scale = 4;   // and times -s over this: a slot held back is a share of s.
constexpr double reserve_known = 20;  // [interactions] reactive, that its beginning takes.
// Where the goal is out of reach without any invitation, they may still cost this share of it.
constexpr double attributable_least = 0.015;
constexpr double unserved_s = 14 * 86400.0;  // Time constant of what is lost without invitations.
constexpr double unserved_prior = 50;        // [interactions] of which none was.
constexpr double cut_outcomes = 20;          // Fast cut: more than these in the last minute,
constexpr double cut_share = 0.5;            // more than half of them abandoned.
constexpr double cut_least = 1.0 / 64;
constexpr double cut_pause_s = 15;  // Between two halvings; recovery doubles in a minute.
constexpr double recovery_s = 60;
// Over the budget, where the loop is at its end by that alone, as in a window's last minutes:
constexpr double reserve_begins = 5;   // [interactions], and
constexpr double reserve_share = 0.2;  // this share of what may be abandoned.
constexpr double quiet_hour_s = 3600;
constexpr double absent_known_s = 3600;  // Who did not answer so long ago is another one by now.
constexpr double quiet_decay_s = 4 * 3600;

}  // namespace

void TargetPacing::start_loops(const PacingOptions& options, double allowed, double slots,
                               const Estimates& estimates) {
  auto& loops = history_.loops();
  if (loops.quantile != uses_quantile(options)) {
    loops.quantile = uses_quantile(options);
    loops.proactive.started = loops.reactive.started = false;
  }
  const auto start = [&](LoopLearned& learned, LoopRange range, auto first) {
    GoalLoop loop{learned};
    loop.start(loop.begun() ? learned.s : first(), range);
    learned = loop.learned;
  };
  start(loops.proactive, range_of(options), [&] { return first_s(options, allowed, slots); });
  // Also after a checkpoint that does not know what invitations cost: its s meant something else.
  if (is_dual(options.algorithm) && loops.reactive_long < reserve_known)
    loops.reactive.started = false;
  start(loops.reactive, reactive_range_of(options),
        [&] { return first_reserve(options, *tuning_, slots, estimates); });
}

// Windows begin at fixed instants, so that a restart in the middle of one goes on with it.
void TargetPacing::turn_window(const PacingInputs& in, const PacingOptions& options, double now_s,
                               double dt_s, double allowed) {
  auto& loops = history_.loops();
  const AccountingWindow window = accounting_window(in, *tuning_, now_s);
  const double window_s = window.length_s;
  const double age_s = window.age_s;
  const double passed_s = decided_ ? now_s - decided_s_ : 0;
  window_length_s_ = window_s;
  if (age_s < loops.window_s - window.tolerance_s || passed_s >= window_s) {
    if (options.rolling_days > 0 || rolling_.made())
      rolling_.make().close_day({loops.proactive.outcomes, loops.proactive.abandoned},
                                options.rolling_days,
                                std::max(1.0, std::round(passed_s / window_s)));
    const bool whole = loops.window_seen_s >= 0.9 * window_s;
    GoalLoop proactive{loops.proactive};
    GoalLoop reactive{loops.reactive};
    if (whole) proactive.learn_closing(allowed);
    proactive.next_window(whole);
    reactive.next_window(whole);
    loops.proactive = proactive.learned;
    loops.reactive = reactive.learned;
    loops.window_seen_s = loops.unserved = loops.late = loops.brief = 0;
  }
  loops.window_s = age_s;
  loops.window_seen_s = std::min(loops.window_seen_s + dt_s, window_s);
}

// What a window has less what has ended, and no more than time is left for.
double TargetPacing::outcomes_left(const LoopLearned& loop, double slots,
                                   const Estimates& e) const {
  const double by_time = slots / (e.service_s + e.wrap_up_s) *
                         std::max(0.0, window_length_s_ - history_.loops().window_s);
  return std::clamp(outcomes_a_window(loop, slots, e) - loop.outcomes, 0.0, std::max(0.0, by_time));
}

void TargetPacing::learn(const PacingInputs& in, const PacingOptions& options, double allowed,
                         const Observed& seen) {
  auto& loops = history_.loops();
  const LoopRange range = range_of(options);
  const double slots = working_slots(in);
  const bool moves = tuning_->closed_loop && history_.answers_known() >= tuning_->warm_up_answers;
  // Without feedback nobody tells proactive outcomes apart: then all outcomes count.
  const bool apart = in.feedback_age_s >= 0;
  const bool any = seen.proactive_answered + seen.proactive_abandoned + seen.reactive_answered +
                       seen.reactive_abandoned >
                   0;
  const double corrected = std::min(0.999, any ? allowed * std::exp(budget_correction_) : allowed);
  GoalLoop proactive{loops.proactive};
  const Ended of_goal = ended_by_goal(in, options, seen, apart);
  spread_.follow(of_goal.kept, of_goal.lost, seen.dt_s);
  const double excess = GoalLoop{loops.proactive}.excess(allowed);
  const double begins =
      loops.proactive.s <= range.low
          ? 0
          : std::max(reserve_begins, reserve_share * allowed * loops.proactive.outcomes);
  reserve_.follow(of_goal.kept, of_goal.lost, allowed, spent_ && excess > begins, slots, seen.dt_s);
  // Late answers come together by nature: what spread is usual is known of abandonment alone.
  const bool by_abandonment = options.optimization_target == OptimizationTarget::abandonment_rate;
  proactive.learn(of_goal.kept, of_goal.lost, corrected, tuning_->gain * step_of_risk(options),
                  range, moves, by_abandonment ? spread_.counts_for() : 1);
  const double displaced = learn_attributable(in, options, seen);
  const double reactive_ended = seen.reactive_answered + seen.reactive_abandoned;
  const double steps = std::max(1.0, -loops.reactive.s / reserve_scale);
  GoalLoop reactive{loops.reactive};
  reactive.learn(reactive_ended - displaced, displaced, attributable_share(in),
                 reserve_gain * tuning_->gain * steps, reactive_range_of(options),
                 moves && is_dual(options.algorithm));
  // A stale night must not block the morning: without
  // outcomes for an hour, s goes back to its start.
  const bool ended = seen.proactive_answered + seen.proactive_abandoned > 0;
  no_outcome_s_ = ended ? 0 : std::min(no_outcome_s_ + seen.gap_s, 1e9);
  if (no_outcome_s_ > quiet_hour_s) {
    const double share = 1 - std::exp(-seen.gap_s / quiet_decay_s);
    proactive.relax(first_s(options, allowed, slots), share);
  }
  if (is_dual(options.algorithm)) {
    // The loop that does not bind learns nothing from outcomes that the other one made good: it may
    // not rise far above, but stays where it was when the other one falls.
    const double most = std::min(proactive.learned.s, reactive.learned.s) + anti_windup;
    proactive.learned.s = std::min(proactive.learned.s, std::max(most, loops.proactive.s));
    reactive.learned.s = std::min(reactive.learned.s, std::max(most, loops.reactive.s));
  }
  if (by_busy_factor(options) && slots > 0)
    loops.integral = busy_integral(loops.integral, options.optimization_goal / 100.0,
                                   in.busy / slots, seen.dt_s);
  loops.proactive = proactive.learned;
  loops.reactive = reactive.learned;
}

// Of those who ended, who counts as served and who as lost by the goal. Where that depends on how
// long they waited it is estimated, since nobody tells it.
TargetPacing::Ended TargetPacing::ended_by_goal(const PacingInputs& in,
                                                const PacingOptions& options, const Observed& seen,
                                                bool apart) {
  const double answered = apart ? seen.proactive_answered : seen.reactive_answered;
  const double abandoned = apart ? seen.proactive_abandoned : seen.reactive_abandoned;
  const WaitGoal goal = wait_goal_of(options);
  if (goal.all_who_leave()) return {.kept = answered, .lost = abandoned};
  const WaitShares shares =
      waits_.make().follow({.answered = in.answered,
                            .abandoned = in.abandoned,
                            .queue = in.queue,
                            .epoch = in.stat_epoch},
                           {.within_s = goal.within_s, .after_s = goal.after_s}, seen.gap_s);
  const double late = goal.within_s >= 0 ? shares.late * answered : 0;
  const double brief = shares.brief * abandoned;
  history_.loops().late += late;
  history_.loops().brief += brief;
  return {.kept = answered - late, .lost = late + abandoned - brief};
}

// What the reactive loop steers: those who gave up because somebody was invited. The others would
// have done so anyway; to hold back invitations does not help them.
double TargetPacing::learn_attributable(const PacingInputs& in, const PacingOptions& options,
                                        const Observed& seen) {
  auto& loops = history_.loops();
  if (!is_dual(options.algorithm)) {
    attributable_.reset();
    loops.unserved += seen.reactive_abandoned;
    return 0;
  }
  const double held = in.busy + in.wrap_up;
  if (!attributable_)
    attributable_.emplace(loops.answers_ever > 0 ? in.busy * loops.proactive_share : 0, held);
  const auto told = [](std::uint64_t count) { return static_cast<double>(count); };
  const auto& p = in.proactive;
  const double own_queue = in.queue;
  const double queue = own_queue + in.others.queue;
  const double invited_waiting =
      std::clamp(told(p.accepted) - told(p.answered) - told(p.abandoned), 0.0, own_queue) +
      std::min(in.others.invited_waiting, in.others.queue);
  const double of_model =
      attributable_->follow({.held = held,
                             .waiting = queue - invited_waiting,
                             .answered = seen.proactive_answered + seen.reactive_answered,
                             .proactive_answered = seen.proactive_answered,
                             .reactive_abandoned = seen.reactive_abandoned});
  // Without feedback nobody tells who was invited: then all of them count.
  const double displaced = in.feedback_age_s >= 0 ? of_model : seen.reactive_abandoned;
  const double unserved = seen.reactive_abandoned - displaced;
  const double keep = 1 / (1 + seen.gap_s / unserved_s);
  loops.unserved += unserved;
  loops.unserved_long = loops.unserved_long * keep + unserved;
  loops.reactive_long =
      loops.reactive_long * keep + seen.reactive_answered + seen.reactive_abandoned;
  return displaced;
}

double TargetPacing::unserved_share() const {
  const auto& loops = history_.loops();
  return loops.unserved_long / (loops.reactive_long + unserved_prior);
}

// What the goal leaves to them, beside those who are lost anyway.
double TargetPacing::attributable_share(const PacingInputs& in) const {
  const double goal = share_of_reactive_goal(*tuning_);
  const double least = attributable_least * tuning_->reactive_goal_percent / 100;
  return in.feedback_age_s >= 0 ? std::max(goal - unserved_share(), least) : goal;
}

bool TargetPacing::detect_burst(const Observed& seen, double now_s) {
  const auto slot = static_cast<std::int64_t>(std::clamp(now_s, -1e15, 1e15) / 10);
  const auto size = static_cast<std::int64_t>(recent_served_.size());
  for (std::int64_t s = std::max(recent_slot_ + 1, slot - size + 1); s <= slot; ++s) {
    const auto at = static_cast<std::size_t>(((s % size) + size) % size);
    recent_served_[at] = recent_abandoned_[at] = 0;
  }
  const bool ended = seen.proactive_answered + seen.proactive_abandoned > 0;
  if (slot == recent_slot_ && !ended && cut_ == 1) return false;  // As at the last call.
  recent_slot_ = slot;
  const auto at = static_cast<std::size_t>(((slot % size) + size) % size);
  recent_served_[at] += seen.proactive_answered;
  recent_abandoned_[at] += seen.proactive_abandoned;
  double served = 0;
  double abandoned = 0;
  for (const double n : recent_served_) served += n;
  for (const double n : recent_abandoned_) abandoned += n;
  const bool burst =
      served + abandoned > cut_outcomes && abandoned > cut_share * (served + abandoned);
  if (burst && (cut_ == 1 || now_s - cut_s_ >= cut_pause_s)) {
    cut_ = std::max(cut_least, cut_ / 2);
    cut_s_ = now_s;
    return true;
  }
  if (!burst && cut_ < 1) {
    cut_ = std::min(1.0, cut_ * std::exp2(std::min(seen.dt_s, recovery_s) / recovery_s));
  }
  return false;
}

// The answers are those that it was ever told, here or by whom it was restored from: two nodes that
// know the same of a target agree about it. Without any warm-up one answer is asked for.
bool TargetPacing::cold() const {
  return history_.loops().answers_ever < std::max(1, tuning_->warm_up_answers);
}

void TargetPacing::restore(const Learned& learned, double age_s) {
  const Learned clean = sanitised(learned);
  history_.restore(clean);
  if (rolling_.made() || clean.rolling != RollingDays{}) rolling_.make() = clean.rolling;
  absent_.learned = clean.absent;
  if (age_s > absent_known_s) absent_.learned.slots = 0;
  spread_.learned = clean.spread;
  const double keep = std::exp(-std::clamp(age_s, 0.0, 1e9) / unserved_s);
  history_.loops().unserved_long *= keep;
  history_.loops().reactive_long *= keep;
  constexpr double decay_s = 12 * 3600;
  if (age_s > 0) history_.decay(std::exp(-std::min(age_s, 1e9) / decay_s));
  if (age_s < tuning_->window_s) return;
  auto& loops = history_.loops();  // Its accounting window is over.
  if (RollingDays* rolling = rolling_.if_made())
    rolling->close_day({loops.proactive.outcomes, loops.proactive.abandoned}, rolling->reach(),
                       std::round(age_s / std::max(1.0, tuning_->window_s)));
  loops.proactive.outcomes = loops.proactive.abandoned = 0;
  loops.reactive.outcomes = loops.reactive.abandoned = 0;
  loops.window_s = loops.window_seen_s = loops.unserved = loops.late = loops.brief = 0;
}

}  // namespace paceline::pacer
