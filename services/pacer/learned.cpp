#include "services/pacer/learned.h"

#include <algorithm>
#include <cmath>

namespace paceline::pacer {
namespace {

constexpr double pool_cap = 200;  // [samples] of one target in the pool.

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
  repair(loop.counted_more, 0, 1e9);
}

void repair(RollingDays& rolling) {
  for (auto& block : rolling.at) {
    repair(block.days, 0, 1e4);
    repair(block.outcomes, 0, 1e9);
    repair(block.abandoned, 0, block.outcomes);
  }
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
  repair(clean.reactive_rate, -most_reactive_rate, most_reactive_rate);
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
  repair(clean.late, 0, clean.proactive.abandoned);
  repair(clean.brief, 0, 1e9);
  repair(clean.rolling);
  repair(clean.reactive_long, 0, 1e12);
  repair(clean.unserved_long, 0, clean.reactive_long);
  clean.absent = sanitised(clean.absent);
  clean.spread = sanitised(clean.spread);
  return clean;
}

void ChannelPool::add(const ChannelPool& target) {
  const auto weight = [](double samples) { return samples > pool_cap ? pool_cap / samples : 1.0; };
  const double answer_weight = weight(target.answers);
  accepted += answer_weight * target.accepted;
  answers += answer_weight * target.answers;
  pending_s += answer_weight * target.pending_s;
  const double service_weight = weight(target.service_ends);
  service_s += service_weight * target.service_s;
  service_ends += service_weight * target.service_ends;
  const double wrap_up_weight = weight(target.wrap_up_ends);
  wrap_up_s += wrap_up_weight * target.wrap_up_s;
  wrap_up_ends += wrap_up_weight * target.wrap_up_ends;
  const double queue_weight = weight(target.queue_abandoned);
  queue_s += queue_weight * target.queue_s;
  queue_abandoned += queue_weight * target.queue_abandoned;
}

void ChannelPool::add(const Learned& target) {
  add(told_to_pool(target, target.service, target.wrap_up));
}

ChannelPool told_to_pool(const LearnedBasis& target, const PhaseLearned& service,
                         const PhaseLearned& wrap_up) {
  return {.accepted = target.accepted,
          .answers = target.answers,
          .pending_s = target.pending_s,
          .service_s = service.exposure_s,
          .service_ends = service.ends,
          .wrap_up_s = wrap_up.exposure_s,
          .wrap_up_ends = wrap_up.ends,
          .queue_s = target.queue_s,
          .queue_abandoned = target.queue_abandoned};
}

}  // namespace paceline::pacer
