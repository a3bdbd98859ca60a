#include "services/pacer/history.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"
#include "services/pacer/rise.h"

namespace paceline::pacer {
namespace {

constexpr double forget_answer = 0.998;
constexpr double forget_outcome = 0.999;
constexpr double decay_s = 12 * 3600;  // Samples decay toward the priors with this time constant.
constexpr double decay_step_s = 60;
constexpr double answer_prior = 30;   // [answers]
constexpr double service_prior = 10;  // [ends]
constexpr double wrap_up_prior = 3;   // [ends] Weak: most groups have none.
constexpr double patience_prior = 5;  // [abandonments]

// Whether a decision may come out differently.
bool differ(const PoolClaims& a, const PoolClaims& b) {
  return a.queue != b.queue || a.unseen != b.unseen || a.pending != b.pending ||
         a.answered != b.answered || a.abandoned != b.abandoned || a.accepted != b.accepted;
}

// What is left over in `carry` after taking out all that is positive.
double take(double& carry, double least) {
  const double taken = std::max(0.0, carry);
  carry = std::clamp(carry - taken, least, 0.0);
  return taken;
}

double in(double value, double low, double high) {
  return std::isfinite(value) ? std::clamp(value, low, high) : low;
}

// What is left after `events`, each of which leaves `of_one`.
double retained(double of_one, double events) {
  constexpr double few = 8;
  if (events > few) return std::pow(of_one, events);
  double left = 1;
  for (; events > 0; --events) left *= of_one;
  return left;
}

double shrunk(double sum, double samples, double prior, double weight) {
  return (sum + weight * prior) / (samples + weight);
}

}  // namespace

Observed TargetHistory::observe(const PacingInputs& inputs, const PacingTuning& tuning,
                                double sent_new, double now_s) {
  Observed seen;
  pass_time(now_s, seen);
  const std::uint64_t accepted_before = last_.proactive.accepted;
  const bool had_feedback = has_feedback_ && inputs.feedback_epoch == last_.feedback_epoch;
  learn_answers(inputs, tuning, sent_new, now_s, seen);
  if (has_last_) {  // What others' interactions came to tells of the agents as much as its own.
    const PoolClaims& before = *last_others_;
    seen.proactive_answered += rise(before.proactive_answered, inputs.others.proactive_answered);
    seen.proactive_abandoned += rise(before.proactive_abandoned, inputs.others.proactive_abandoned);
  }

  double answered = 0;
  if (has_last_ && inputs.stat_epoch == last_.stat_epoch) {
    const double accepted = had_feedback && inputs.feedback_age_s >= 0
                                ? rise(accepted_before, inputs.proactive.accepted) +
                                      rise(last_others_->accepted, inputs.others.accepted)
                                : 0;
    answered = learn_counters(inputs, accepted, seen);
  }
  const bool other = !has_last_ || inputs.idle != last_.idle || inputs.busy != last_.busy ||
                     inputs.wrap_up != last_.wrap_up || inputs.queue != last_.queue ||
                     inputs.answered != last_.answered || inputs.abandoned != last_.abandoned ||
                     differ(inputs.others, *last_others_);
  // Phases are as old as the statistics, whose age may differ from one decision to the next.
  const double true_s = now_s - inputs.stat_age_s;
  double phases_dt_s = seen.dt_s > 0 ? true_s - last_true_s_ : 0;
  if (phases_dt_s <= 0) phases_dt_s = other ? seen.dt_s : 0;  // Their age cannot be right.
  learn_phases(inputs, std::min(phases_dt_s, longest_gap_s), answered, true_s);

  seen.changed = other || inputs.proactive.pending != last_.proactive.pending ||
                 inputs.proactive.accepted != last_.proactive.accepted;
  remember(inputs, true_s, now_s);
  return seen;
}

// After a gap too long to learn from, who is in which phase is forgotten.
void TargetHistory::pass_time(double now_s, Observed& seen) {
  const double gap_s = has_last_ ? now_s - last_s_ : 0;
  seen.gap_s = std::max(0.0, gap_s);
  if (gap_s > longest_gap_s) {
    if (PhaseAges* busy = busy_.if_made()) busy->forget_ages();
    if (PhaseAges* wrap_up = wrap_up_.if_made()) wrap_up->forget_ages();
    ends_carry_ = wrap_carry_ = 0;
    decay(std::exp(-gap_s / decay_s));
    return;
  }
  seen.dt_s = std::max(0.0, gap_s);
  undecayed_s_ += seen.dt_s;
  if (undecayed_s_ < decay_step_s) return;
  decay(std::exp(-undecayed_s_ / decay_s));
  undecayed_s_ = 0;
}

double TargetHistory::learn_counters(const PacingInputs& inputs, double accepted, Observed& seen) {
  const PoolClaims& others = inputs.others;
  const double answered =
      rise(last_.answered, inputs.answered) + rise(last_others_->answered, others.answered);
  const double abandoned =
      rise(last_.abandoned, inputs.abandoned) + rise(last_others_->abandoned, others.abandoned);
  const double entered = inputs.entered > 0 ? rise(last_.entered, inputs.entered) +
                                                  rise(last_others_->entered, others.entered)
                                            : answered + abandoned;
  seen.entered = entered;
  reactive_answered_carry_ += answered - seen.proactive_answered;
  reactive_abandoned_carry_ += abandoned - seen.proactive_abandoned;
  seen.reactive_answered = take(reactive_answered_carry_, -1000);
  seen.reactive_abandoned = take(reactive_abandoned_carry_, -1000);
  if (seen.dt_s > 0) {
    learned_.queue_s += 0.5 * (last_.queue + inputs.queue) * seen.dt_s +
                        rise(last_others_->queue_s, others.queue_s);
    const double keep = retained(forget_outcome, answered + abandoned);
    learned_.queue_abandoned = learned_.queue_abandoned * keep + abandoned;
    learned_.queue_s *= keep;
    smooth(seen.dt_s, entered - accepted, answered, seen.proactive_answered);
  }
  return answered;
}

// While no feedback comes, the last one is what the next is compared with.
void TargetHistory::remember(const PacingInputs& inputs, double true_s, double now_s) {
  has_last_ = true;
  last_s_ = now_s;
  last_true_s_ = true_s;
  last_.idle = inputs.idle;
  last_.busy = inputs.busy;
  last_.wrap_up = inputs.wrap_up;
  last_.queue = inputs.queue;
  last_.entered = inputs.entered;
  last_.answered = inputs.answered;
  last_.abandoned = inputs.abandoned;
  last_.handling_time_s = inputs.handling_time_s;
  last_.stat_epoch = inputs.stat_epoch;
  if (inputs.others.members > 0 || last_others_.made()) last_others_.make() = inputs.others;
  if (inputs.feedback_age_s < 0) return;
  last_.proactive = inputs.proactive;
  last_.feedback_epoch = inputs.feedback_epoch;
}

void TargetHistory::LateAccepted::add(double now_s, std::uint64_t count) {
  at_s[next] = now_s;
  accepted[next] = static_cast<std::uint32_t>(count);
  next = (next + 1) % size;
  known = std::min(known + 1, size);
}

double TargetHistory::LateAccepted::since(double since_s) const {
  if (known == 0) return 0;
  const auto back = [&](std::uint32_t i) { return (next + size - 1 - i) % size; };
  std::uint32_t i = 0;
  while (i + 1 < known && at_s[back(i)] > since_s + 1e-9) ++i;
  return std::min<double>(accepted[back(0)] - accepted[back(i)], most_events);
}

void TargetHistory::learn_answers(const PacingInputs& inputs, const PacingTuning& tuning,
                                  double sent_new, double now_s, Observed& seen) {
  if (!(inputs.feedback_age_s >= 0)) return;
  const double true_at_s = now_s - inputs.feedback_age_s;
  const auto& before = last_.proactive;
  const auto& after = inputs.proactive;
  const bool restarted = inputs.feedback_epoch != last_.feedback_epoch ||
                         after.accepted < before.accepted || after.sent < before.sent ||
                         after.rejected < before.rejected || after.timed_out < before.timed_out ||
                         after.answered < before.answered || after.abandoned < before.abandoned;
  if (!has_feedback_ || restarted) {
    if (LateAccepted* late = accepted_.if_made()) late->known = 0;
    accepted_first_ = after.accepted;
    has_feedback_ = true;
    last_feedback_s_ = true_at_s;
    return;
  }
  if (true_at_s > last_feedback_s_ && after.accepted != before.accepted) {
    LateAccepted& late = accepted_.make();
    if (late.known == 0) late.add(last_feedback_s_, accepted_first_);
    late.add(true_at_s, after.accepted);
  }
  const double accepted = rise(before.accepted, after.accepted);
  seen.answers =
      accepted + rise(before.rejected, after.rejected) + rise(before.timed_out, after.timed_out);
  seen.accepted = accepted;
  seen.proactive_answered = rise(before.answered, after.answered);
  seen.proactive_abandoned = rise(before.abandoned, after.abandoned);
  const double dt_s = true_at_s - last_feedback_s_;
  if (dt_s > 0) last_feedback_s_ = true_at_s;
  if (dt_s > 0 && dt_s <= longest_gap_s) {
    const double sent =
        rise(before.sent, after.sent) > 0 ? rise(before.sent, after.sent) : sent_new;
    const double levels =
        before.pending + after.pending + (tuning.sends_after_decision ? sent : -sent);
    no_answer_s_ = seen.answers > 0 ? 0 : no_answer_s_ + dt_s;
    // Invitations that nobody answers for ten times the usual delay are the endpoint's outliers.
    if (no_answer_s_ <= 10 * shrunk(learned_.pending_s, learned_.answers,
                                    tuning.default_answer_delay_s, answer_prior))
      learned_.pending_s += std::max(0.0, 0.5 * levels) * dt_s;
  }
  if (seen.answers > 0) {
    const double keep = retained(forget_answer, seen.answers);
    learned_.answers = learned_.answers * keep + seen.answers;
    learned_.accepted = learned_.accepted * keep + accepted;
    learned_.pending_s *= keep;
    learned_.answers_ever = std::min(learned_.answers_ever + seen.answers, 1e15);
  }
}

void TargetHistory::learn_unfed(double answers, double accepted) {
  if (has_feedback_) return;
  const double keep = retained(forget_answer, answers);
  unfed_.answers = static_cast<float>(unfed_.answers * keep + answers);
  unfed_.accepted = static_cast<float>(unfed_.accepted * keep + accepted);
  unfed_.ever = static_cast<float>(std::min(unfed_.ever + answers, 1e6));
}

void TargetHistory::forget_answers() {
  learned_.accepted = learned_.answers = learned_.pending_s = 0;
}

void TargetHistory::learn_phases(const PacingInputs& inputs, double dt_s, double answered,
                                 double true_s) {
  double ends = 0;
  double wrap_ends = 0;
  if (dt_s > 0) {
    if (inputs.answered > 0)
      ends_carry_ += answered - (inputs.busy - last_.busy);
    else
      ends_carry_ += std::max(0, last_.busy - inputs.busy);
    ends = take(ends_carry_, -1000);
    wrap_carry_ += ends - (inputs.wrap_up - last_.wrap_up);
    wrap_ends = take(wrap_carry_, -1000);
  }
  const auto follow = [&](OnDemand<PhaseAges>& phase, std::int32_t slots, double ended) {
    if (phase.made() || slots > 0 || ended >= 0.5)
      phase.make().reconstruct(slots, ended, dt_s, true_s);
  };
  follow(busy_, inputs.busy, ends);
  follow(wrap_up_, inputs.wrap_up, wrap_ends);
}

void TargetHistory::smooth(double dt_s, double reactive_entered, double answered,
                           double proactive_answered) {
  learned_.smoothed_s = std::min(learned_.smoothed_s + dt_s, smoothing_s);
  const double share = std::min(1.0, dt_s / learned_.smoothed_s);
  const double rate = std::clamp(reactive_entered / dt_s, -most_reactive_rate, most_reactive_rate);
  learned_.reactive_rate += share * (rate - learned_.reactive_rate);
  const double slots = std::max(1, last_.idle + last_.busy + last_.wrap_up);
  learned_.busy_factor += share * (last_.busy / slots - learned_.busy_factor);
  learned_.occupancy += share * ((last_.busy + last_.wrap_up) / slots - learned_.occupancy);
  if (answered > 0) {
    const double weight = 1 - retained(0.98, answered);
    const double now = std::clamp(proactive_answered / answered, 0.0, 1.0);
    learned_.proactive_share += weight * (now - learned_.proactive_share);
  }
}

Estimates TargetHistory::estimates(const ChannelPool& pool, const PacingTuning& tuning) const {
  Estimates e;
  const double p0 = shrunk(pool.accepted, pool.answers, tuning.default_acceptance, answer_prior);
  const Unfed unfed = has_feedback_ ? Unfed{} : unfed_;
  e.acceptance = in(shrunk(learned_.accepted + unfed.accepted, learned_.answers + unfed.answers, p0,
                           answer_prior),
                    0.001, 1);
  const double d0 =
      shrunk(pool.pending_s, pool.answers, tuning.default_answer_delay_s, answer_prior);
  e.answer_delay_s = in(shrunk(learned_.pending_s, learned_.answers, d0, answer_prior), 0.05, 3600);
  const double w0 =
      shrunk(pool.wrap_up_s, pool.wrap_up_ends, tuning.default_wrap_up_s, service_prior);
  e.wrap_up_s = in(wrap_up_->hazard.mean(w0, wrap_up_prior), 0, 1e5);
  const double told = in(last_.handling_time_s, 0, 1e5) - e.wrap_up_s;
  const double a0 = told > 0.5 ? told
                               : shrunk(pool.service_s, pool.service_ends, tuning.default_service_s,
                                        service_prior);
  e.service_s = in(busy_->hazard.mean(a0, service_prior), 0.5, 1e5);
  const double t0 =
      shrunk(pool.queue_s, pool.queue_abandoned, tuning.default_patience_s, patience_prior);
  e.patience_s =
      in(shrunk(learned_.queue_s, learned_.queue_abandoned, t0, patience_prior), 0.2, 1e5);
  e.reactive_rate = in(learned_.reactive_rate, 0, most_reactive_rate);
  return e;
}

Forecast TargetHistory::forecast(std::span<const double> horizons_s, const Estimates& estimates) {
  CHECK(horizons_s.size() <= max_horizons);
  constexpr double least_phase_s = 0.5;
  PhaseAges& busy = busy_.make();
  busy.prepare(horizons_s, estimates.service_s, estimates.wrap_up_s);
  Forecast forecast;
  busy.add_free(last_.busy, forecast);
  if (last_.wrap_up > 0) {
    PhaseAges& wrap_up = wrap_up_.make();
    wrap_up.prepare(horizons_s, std::max(least_phase_s, estimates.wrap_up_s), 0);
    wrap_up.add_free(last_.wrap_up, forecast);
  }
  for (std::size_t k = 0; k < horizons_s.size(); ++k)
    forecast.from_start[k] = busy.free_from_start(k);
  return forecast;
}

double TargetHistory::accepted_unseen(double since_s) const {
  return accepted_->since(since_s);
}

Learned TargetHistory::learned() const {
  Learned all;
  static_cast<LearnedBasis&>(all) = learned_;
  all.service = busy_->hazard.learned;
  all.wrap_up = wrap_up_->hazard.learned;
  return all;
}

ChannelPool TargetHistory::told_to_pool() const {
  return pacer::told_to_pool(learned_, busy_->hazard.learned, wrap_up_->hazard.learned);
}

void TargetHistory::restore(const Learned& from) {
  const Learned clean = sanitised(from);
  learned_ = clean;
  const auto take_up = [](const PhaseLearned& learned, OnDemand<PhaseAges>& phase) {
    if (phase.made() || learned != PhaseLearned{}) phase.make().hazard.learned = learned;
  };
  take_up(clean.service, busy_);
  take_up(clean.wrap_up, wrap_up_);
}

void TargetHistory::decay(double keep) {
  learned_.accepted *= keep;
  learned_.answers *= keep;
  learned_.pending_s *= keep;
  learned_.queue_s *= keep;
  learned_.queue_abandoned *= keep;
  if (PhaseAges* busy = busy_.if_made()) busy->hazard.decay(keep);
  if (PhaseAges* wrap_up = wrap_up_.if_made()) wrap_up->hazard.decay(keep);
}

}  // namespace paceline::pacer
