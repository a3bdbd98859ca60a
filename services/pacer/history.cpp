#include "services/pacer/history.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"

namespace paceline::pacer {
namespace {

constexpr double longest_gap_s = 120;  // Beyond it nothing is learned from a difference.
constexpr double most_events = 1e5;    // In one difference; more is a counter's mistake.
constexpr double forget_answer = 0.998;
constexpr double forget_outcome = 0.999;
constexpr double decay_s = 12 * 3600;  // Samples decay toward the priors with this time constant.
constexpr double decay_step_s = 60;
constexpr double smoothing_s = 600;
constexpr double most_rate = 1e4;     // [1/s]
constexpr double answer_prior = 30;   // [answers]
constexpr double service_prior = 10;  // [ends]
constexpr double wrap_up_prior = 3;   // [ends] Weak: most groups have none.
constexpr double patience_prior = 5;  // [abandonments]
constexpr double pool_cap = 200;      // [samples] of one target in the pool.
constexpr double outlier_means = 8;
constexpr double most_unseen_ends = 64;  // Of phases that began and ended between two looks.
constexpr double most_draws = 65'536;    // Steps that drawing who ended may cost in one look.

// Difference of a cumulative counter; a fall is a restart and counts as none.
double rise(std::uint64_t before, std::uint64_t after) {
  return after <= before ? 0 : std::min(static_cast<double>(after - before), most_events);
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

void repair(double& value, double low, double high) {
  if (!(value >= low && value <= high))
    value = std::isnan(value) ? low : std::clamp(value, low, high);
}

void repair(PhaseLearned& phase) {
  repair(phase.ends, 0, 1e9);
  repair(phase.exposure_s, 0, 1e12);
  for (auto& ends : phase.bin_ends) repair(ends, 0, 1e9);
  for (auto& exposure : phase.bin_exposure_s) repair(exposure, 0, 1e12);
}

void repair(LoopLearned& loop) {
  repair(loop.s, -100, 20);
  repair(loop.outcomes, 0, 1e9);
  repair(loop.abandoned, 0, loop.outcomes);
  repair(loop.window_outcomes, 0, 1e9);
  repair(loop.closing_excess, 0, 1e9);
  repair(loop.closing_square, 0, 1e9);
}

// What is left after `events`, each of which leaves `of_one`.
double kept(double of_one, double events) {
  constexpr double few = 8;
  if (events > few) return std::pow(of_one, events);
  double left = 1;
  for (; events > 0; --events) left *= of_one;
  return left;
}

double shrunk(double sum, double samples, double prior, double weight) {
  return (sum + weight * prior) / (samples + weight);
}

// Chance that a slot whose service ends with cumulative hazard `x` within `ahead_s` and is followed
// by an exponential wrap-up is free by then: a hypoexponential distribution with the service's rate
// taken constant over the horizon.
double chance_free(double x, double ahead_s, double wrap_up_s) {
  if (wrap_up_s < 0.3 || ahead_s <= 0) return 1 - std::exp(-x);
  const double u = ahead_s / wrap_up_s;
  if (std::abs(u - x) < 1e-5 * u) return 1 - std::exp(-x) * (1 + x);
  return std::clamp(1 - (u * std::exp(-x) - x * std::exp(-u)) / (u - x), 0.0, 1.0);
}

}  // namespace

Learned sanitised(const Learned& learned) {
  Learned clean = learned;
  repair(clean.answers, 0, 1e9);
  repair(clean.accepted, 0, clean.answers);
  repair(clean.pending_s, 0, 1e12);
  repair(clean.answers_ever, 0, 1e15);
  repair(clean.service);
  repair(clean.wrap_up);
  repair(clean.queue_s, 0, 1e12);
  repair(clean.queue_abandoned, 0, 1e9);
  repair(clean.reactive_rate, -most_rate, most_rate);
  repair(clean.smoothed_s, 0, smoothing_s);
  repair(clean.proactive_share, 0, 1);
  repair(clean.busy_factor, 0, 1);
  repair(clean.occupancy, 0, 1);
  repair(clean.integral, -0.3, 0.3);
  repair(clean.proactive);
  repair(clean.reactive);
  repair(clean.window_s, 0, 1e9);
  repair(clean.window_seen_s, 0, 1e9);
  repair(clean.unserved, 0, 1e9);
  repair(clean.reactive_long, 0, 1e12);
  repair(clean.unserved_long, 0, clean.reactive_long);
  return clean;
}

void ChannelPool::add(const Learned& learned) {
  const auto weight = [](double samples) { return samples > pool_cap ? pool_cap / samples : 1.0; };
  const double answer_weight = weight(learned.answers);
  accepted += answer_weight * learned.accepted;
  answers += answer_weight * learned.answers;
  pending_s += answer_weight * learned.pending_s;
  const double service_weight = weight(learned.service.ends);
  service_s += service_weight * learned.service.exposure_s;
  service_ends += service_weight * learned.service.ends;
  const double wrap_up_weight = weight(learned.wrap_up.ends);
  wrap_up_s += wrap_up_weight * learned.wrap_up.exposure_s;
  wrap_up_ends += wrap_up_weight * learned.wrap_up.ends;
  const double queue_weight = weight(learned.queue_abandoned);
  queue_s += queue_weight * learned.queue_s;
  queue_abandoned += queue_weight * learned.queue_abandoned;
}

void PhaseAges::reconstruct(std::int32_t count, double ends, double dt_s, double now_s) {
  expose(dt_s);
  const auto slots = static_cast<std::size_t>(count);
  if (starts_.empty() && slots == 0 && ends < 0.5) return;
  const double most = std::min(ends, static_cast<double>(slots) + most_unseen_ends);
  if (most * static_cast<double>(starts_.size()) > most_draws) {
    end_oldest(static_cast<std::size_t>(most), now_s);
  } else {
    for (double left = most; left >= 0.5; left -= 1) {
      if (!starts_.empty()) {
        end_one(now_s);
        continue;
      }
      hazard.end(0);  // Began and ended between two looks.
      learned_more_ = true;
    }
  }
  if (starts_.size() > slots) {  // Ended without the counters saying so.
    const auto gone = static_cast<std::ptrdiff_t>(starts_.size() - slots);
    starts_.erase(starts_.begin(), starts_.begin() + gone);
    guesses_ -= std::min(guesses_, static_cast<std::size_t>(gone));
  }
  // First sight: as a renewal process would look, ages spread evenly.
  if (starts_.empty() && dt_s <= 0) {
    for (std::size_t i = 0; i < slots; ++i)
      starts_.push_back(now_s -
                        mean_s_ * static_cast<double>(slots - i) / static_cast<double>(slots + 1));
    guesses_ = slots;
  }
  while (starts_.size() < slots) starts_.push_back(now_s - 0.5 * dt_s);
  bins_ = {};
  for (const double start : starts_) sort_into_bin(std::max(0.0, now_s - start));
}

// For ends that are too many to be drawn one by one: then hardly anybody is left to tell apart.
void PhaseAges::end_oldest(std::size_t ends, double now_s) {
  constexpr std::size_t most_learned = 256;
  const std::size_t gone = std::min(ends, starts_.size());
  for (std::size_t i = 0; i < std::min(gone, most_learned); ++i) {
    if (now_s - starts_[i] <= outlier_means * mean_s_) hazard.end(hazard_bin(now_s - starts_[i]));
  }
  starts_.erase(starts_.begin(), starts_.begin() + static_cast<std::ptrdiff_t>(gone));
  guesses_ -= std::min(guesses_, gone);
  learned_more_ = true;
}

void PhaseAges::forget_ages() {
  starts_.clear();
  guesses_ = 0;
  bins_ = {};
}

void PhaseAges::prepare(std::span<const double> horizons_s, double mean_s, double then_s) {
  constexpr int usual_calls = 256;  // Between two remakings for what few ends have taught.
  constexpr double noticeable = 0.02;
  const auto differs = [](double a, double b) { return std::abs(a - b) > noticeable * b; };
  bool remake = ++prepared_ >= usual_calls && learned_more_;
  remake = remake || horizon_count_ != horizons_s.size() || differs(mean_s, mean_s_) ||
           differs(then_s, then_s_);
  for (std::size_t k = 0; k < horizons_s.size() && !remake; ++k)
    remake = differs(horizons_s[k], horizons_s_[k]);
  if (!remake) return;
  prepared_ = 0;
  ++remade_;
  learned_more_ = false;
  mean_s_ = mean_s;
  then_s_ = then_s;
  horizon_count_ = horizons_s.size();
  hazard.prepare(mean_s);
  for (std::size_t k = 0; k < horizons_s.size(); ++k) {
    horizons_s_[k] = horizons_s[k];
    for (int b = 0; b <= hazard_bins; ++b)
      chance_[static_cast<std::size_t>(b)][k] = static_cast<float>(
          chance_free(hazard.between(hazard_edge(b), horizons_s[k]), horizons_s[k], then_s));
  }
}

void PhaseAges::add_free(double slots, Forecast& forecast) const {
  if (slots <= 0) return;
  if (starts_.empty()) {
    for (std::size_t k = 0; k < horizon_count_; ++k) {
      const double chance = chance_free(horizons_s_[k] / mean_s_, horizons_s_[k], then_s_);
      forecast.mean[k] += slots * chance;
      forecast.variance[k] += slots * chance * (1 - chance);
    }
    return;
  }
  std::array<double, max_horizons> sum{};
  std::array<double, max_horizons> sum_of_squares{};
  for (std::size_t b = 0; b < hazard_bins; ++b) {
    const double count = bins_.count[b];
    if (count <= 0) continue;
    const double from = hazard_edge(static_cast<int>(b));
    const double width = hazard_edge(static_cast<int>(b) + 1) - from;
    const double part = std::clamp((bins_.elapsed_s[b] / count - from) / width, 0.0, 1.0);
    for (std::size_t k = 0; k < max_horizons; ++k) {
      const double low = chance_[b][k];
      const double chance = low + part * (chance_[b + 1][k] - low);
      sum[k] += count * chance;
      sum_of_squares[k] += count * chance * chance;
    }
  }
  const double scale = slots / static_cast<double>(starts_.size());
  for (std::size_t k = 0; k < horizon_count_; ++k) {
    forecast.mean[k] += scale * sum[k];
    forecast.variance[k] += scale * std::max(0.0, sum[k] - sum_of_squares[k]);
  }
}

void PhaseAges::expose(double dt_s) {
  if (dt_s <= 0 || starts_.empty()) return;
  hazard.expose(bins_.count, hazard_bin(outlier_means * mean_s_), dt_s);
}

void PhaseAges::end_one(double now_s) {
  double total = 0;
  for (const double start : starts_) total += hazard.rate(hazard_bin(now_s - start));
  draw_ = draw_ * 6364136223846793005ull + 1442695040888963407ull;
  double left = static_cast<double>(draw_ >> 11) * 0x1.0p-53 * total;
  std::size_t chosen = 0;
  while (chosen + 1 < starts_.size()) {
    left -= hazard.rate(hazard_bin(now_s - starts_[chosen]));
    if (left < 0) break;
    ++chosen;
  }
  const double length_s = now_s - starts_[chosen];
  if (length_s <= outlier_means * mean_s_) {
    hazard.end(hazard_bin(length_s));
    learned_more_ = true;
  }
  starts_.erase(starts_.begin() + static_cast<std::ptrdiff_t>(chosen));
  if (chosen < guesses_) --guesses_;
}

void PhaseAges::sort_into_bin(double elapsed_s) {
  const auto b = static_cast<std::size_t>(hazard_bin(elapsed_s));
  bins_.count[b] += 1;
  bins_.elapsed_s[b] += elapsed_s;
}

Observed TargetHistory::observe(const PacingInputs& inputs, const PacingTuning& tuning,
                                double sent_new, double now_s) {
  Observed seen;
  const double gap_s = has_last_ ? now_s - last_s_ : 0;
  seen.gap_s = std::max(0.0, gap_s);
  if (gap_s > longest_gap_s) {
    busy_.forget_ages();
    wrap_up_.forget_ages();
    ends_carry_ = wrap_carry_ = 0;
    decay(std::exp(-gap_s / decay_s));
  } else {
    seen.dt_s = std::max(0.0, gap_s);
    undecayed_s_ += seen.dt_s;
    if (undecayed_s_ >= decay_step_s) {
      decay(std::exp(-undecayed_s_ / decay_s));
      undecayed_s_ = 0;
    }
  }
  const bool first = !has_last_;
  const std::uint64_t accepted_count = last_.proactive.accepted;
  const bool had_feedback = has_feedback_ && inputs.feedback_epoch == last_.feedback_epoch;
  learn_answers(inputs, tuning, sent_new, now_s, seen);

  double answered = 0;
  if (!first && inputs.stat_epoch == last_.stat_epoch) {
    answered = rise(last_.answered, inputs.answered);
    const double abandoned = rise(last_.abandoned, inputs.abandoned);
    const double entered =
        inputs.entered > 0 ? rise(last_.entered, inputs.entered) : answered + abandoned;
    const double accepted = had_feedback && inputs.feedback_age_s >= 0
                                ? rise(accepted_count, inputs.proactive.accepted)
                                : 0;
    reactive_answered_carry_ += answered - seen.proactive_answered;
    reactive_abandoned_carry_ += abandoned - seen.proactive_abandoned;
    seen.reactive_answered = take(reactive_answered_carry_, -1000);
    seen.reactive_abandoned = take(reactive_abandoned_carry_, -1000);
    if (seen.dt_s > 0) {
      learned_.queue_s += 0.5 * (last_.queue + inputs.queue) * seen.dt_s;
      const double keep = kept(forget_outcome, answered + abandoned);
      learned_.queue_abandoned = learned_.queue_abandoned * keep + abandoned;
      learned_.queue_s *= keep;
      smooth(seen.dt_s, entered - accepted, answered, seen.proactive_answered);
    }
  }
  const bool other = first || inputs.idle != last_.idle || inputs.busy != last_.busy ||
                     inputs.wrap_up != last_.wrap_up || inputs.queue != last_.queue ||
                     inputs.answered != last_.answered || inputs.abandoned != last_.abandoned;
  // Phases are as old as the statistics, whose age may differ from one decision to the next.
  const double true_s = now_s - inputs.stat_age_s;
  double phases_dt_s = seen.dt_s > 0 ? true_s - last_true_s_ : 0;
  if (phases_dt_s <= 0) phases_dt_s = other ? seen.dt_s : 0;  // Their age cannot be right.
  learn_phases(inputs, std::min(phases_dt_s, longest_gap_s), answered, true_s);
  last_true_s_ = true_s;

  seen.changed = other || inputs.proactive.pending != last_.proactive.pending ||
                 inputs.proactive.accepted != last_.proactive.accepted;
  has_last_ = true;
  last_s_ = now_s;
  const auto feedback = inputs.feedback_age_s >= 0 ? inputs.proactive : last_.proactive;
  const auto feedback_epoch =
      inputs.feedback_age_s >= 0 ? inputs.feedback_epoch : last_.feedback_epoch;
  last_ = inputs;
  last_.proactive = feedback;
  last_.feedback_epoch = feedback_epoch;
  return seen;
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
  if (!has_feedback_ || restarted) accepted_known_ = 0;
  if (accepted_known_ == 0 || (true_at_s > last_feedback_s_ && after.accepted != before.accepted)) {
    accepted_at_[accepted_next_] = {true_at_s, after.accepted};
    accepted_next_ = (accepted_next_ + 1) % accepted_at_.size();
    accepted_known_ = std::min(accepted_known_ + 1, accepted_at_.size());
  }
  if (!has_feedback_ || restarted) {
    has_feedback_ = true;
    last_feedback_s_ = true_at_s;
    return;
  }
  const double accepted = rise(before.accepted, after.accepted);
  seen.answers =
      accepted + rise(before.rejected, after.rejected) + rise(before.timed_out, after.timed_out);
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
    const double keep = kept(forget_answer, seen.answers);
    learned_.answers = learned_.answers * keep + seen.answers;
    learned_.accepted = learned_.accepted * keep + accepted;
    learned_.pending_s *= keep;
    learned_.answers_ever = std::min(learned_.answers_ever + seen.answers, 1e15);
  }
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
  busy_.reconstruct(inputs.busy, ends, dt_s, true_s);
  wrap_up_.reconstruct(inputs.wrap_up, wrap_ends, dt_s, true_s);
}

void TargetHistory::smooth(double dt_s, double reactive_entered, double answered,
                           double proactive_answered) {
  learned_.smoothed_s = std::min(learned_.smoothed_s + dt_s, smoothing_s);
  const double share = std::min(1.0, dt_s / learned_.smoothed_s);
  const double rate = std::clamp(reactive_entered / dt_s, -most_rate, most_rate);
  learned_.reactive_rate += share * (rate - learned_.reactive_rate);
  const double slots = std::max(1, last_.idle + last_.busy + last_.wrap_up);
  learned_.busy_factor += share * (last_.busy / slots - learned_.busy_factor);
  learned_.occupancy += share * ((last_.busy + last_.wrap_up) / slots - learned_.occupancy);
  if (answered > 0) {
    const double weight = 1 - kept(0.98, answered);
    const double now = std::clamp(proactive_answered / answered, 0.0, 1.0);
    learned_.proactive_share += weight * (now - learned_.proactive_share);
  }
}

Estimates TargetHistory::estimates(const ChannelPool& pool, const PacingTuning& tuning) const {
  Estimates e;
  const double p0 = shrunk(pool.accepted, pool.answers, tuning.default_acceptance, answer_prior);
  e.acceptance = in(shrunk(learned_.accepted, learned_.answers, p0, answer_prior), 0.001, 1);
  const double d0 =
      shrunk(pool.pending_s, pool.answers, tuning.default_answer_delay_s, answer_prior);
  e.answer_delay_s = in(shrunk(learned_.pending_s, learned_.answers, d0, answer_prior), 0.05, 3600);
  const double w0 =
      shrunk(pool.wrap_up_s, pool.wrap_up_ends, tuning.default_wrap_up_s, service_prior);
  e.wrap_up_s = in(wrap_up_.hazard.mean(w0, wrap_up_prior), 0, 1e5);
  const double told = in(last_.handling_time_s, 0, 1e5) - e.wrap_up_s;
  const double a0 = told > 0.5 ? told
                               : shrunk(pool.service_s, pool.service_ends, tuning.default_service_s,
                                        service_prior);
  e.service_s = in(busy_.hazard.mean(a0, service_prior), 0.5, 1e5);
  const double t0 =
      shrunk(pool.queue_s, pool.queue_abandoned, tuning.default_patience_s, patience_prior);
  e.patience_s =
      in(shrunk(learned_.queue_s, learned_.queue_abandoned, t0, patience_prior), 0.2, 1e5);
  e.reactive_rate = in(learned_.reactive_rate, 0, most_rate);
  return e;
}

Forecast TargetHistory::forecast(std::span<const double> horizons_s, const Estimates& estimates) {
  CHECK(horizons_s.size() <= max_horizons);
  constexpr double least_phase_s = 0.5;
  busy_.prepare(horizons_s, estimates.service_s, estimates.wrap_up_s);
  if (last_.wrap_up > 0)
    wrap_up_.prepare(horizons_s, std::max(least_phase_s, estimates.wrap_up_s), 0);
  Forecast forecast;
  busy_.add_free(last_.busy, forecast);
  wrap_up_.add_free(last_.wrap_up, forecast);
  for (std::size_t k = 0; k < horizons_s.size(); ++k) forecast.fresh[k] = busy_.fresh_free(k);
  return forecast;
}

double TargetHistory::accepted_unseen(double since_s) const {
  if (accepted_known_ == 0) return 0;
  const std::size_t size = accepted_at_.size();
  const auto back = [&](std::size_t i) {
    return accepted_at_[(accepted_next_ + size - 1 - i) % size];
  };
  std::size_t i = 0;
  while (i + 1 < accepted_known_ && back(i).at_s > since_s + 1e-9) ++i;
  return rise(back(i).accepted, back(0).accepted);
}

Learned TargetHistory::learned() const {
  Learned all = learned_;
  all.service = busy_.hazard.learned;
  all.wrap_up = wrap_up_.hazard.learned;
  return all;
}

void TargetHistory::restore(const Learned& from) {
  learned_ = sanitised(from);
  busy_.hazard.learned = learned_.service;
  wrap_up_.hazard.learned = learned_.wrap_up;
}

void TargetHistory::decay(double keep) {
  learned_.accepted *= keep;
  learned_.answers *= keep;
  learned_.pending_s *= keep;
  learned_.queue_s *= keep;
  learned_.queue_abandoned *= keep;
  busy_.hazard.decay(keep);
  wrap_up_.hazard.decay(keep);
}

}  // namespace paceline::pacer
