#include "services/pacer/dual.h"

#include <algorithm>
#include <cmath>

namespace paceline::pacer {

ReactiveCapacity reactive_capacity(double free, double accepted, double demand) {
  const double capacity = std::max(0.0, free - accepted);
  return {capacity, demand <= 1e-9 ? (capacity > 0 ? 1.0 : 0.0) : std::min(1.0, capacity / demand)};
}

double ratio_stock(double ratio, double slots, double proactive_in_service, double acceptance) {
  return std::max(0.0, (ratio * slots - proactive_in_service) / acceptance);
}

double AttributableAbandonment::follow(const Step& step) {
  const double queue = step.waiting + step.reactive_abandoned;
  const double before = held_;
  // What the counters tell sooner or later than the counts do is made up for.
  ends_carry_ += before + step.answered - step.held;
  const double ends = std::max(0.0, ends_carry_);
  ends_carry_ = std::clamp(ends_carry_ - ends, -step.held, 0.0);
  const double stay = 1 - std::min(1.0, ends / std::max(1.0, before));
  held_ = step.held;
  if (excess_ > queue) excess_ = queue + (excess_ - queue) * stay;
  const double cost = queue > 0 ? step.reactive_abandoned * std::min(1.0, excess_ / queue) : 0;
  excess_ = std::clamp(excess_ - cost + step.proactive_answered, 0.0, step.held + step.waiting);
  return cost;
}

GroupPace channel_sum(std::span<const GroupPace> groups) {
  constexpr double least_weight = 1e-6;  // So that groups without demand have a plain mean.
  GroupPace sum{.reactive_state = 0};
  double weight = 0, ready = 0, reactive = 0;
  for (const auto& group : groups) {
    sum.proactive += group.proactive;
    reactive += group.counted * group.reactive;
    ready += group.counted * group.ready;
    sum.reactive_demand += group.reactive_demand;
    sum.reactive_state += (group.reactive_demand + least_weight) * group.reactive_state;
    weight += group.reactive_demand + least_weight;
  }
  sum.reactive = static_cast<int>(std::lround(reactive));
  sum.ready = static_cast<int>(std::lround(ready));
  sum.reactive_state = weight > 0 ? std::clamp(sum.reactive_state / weight, 0.0, 1.0) : 1;
  return sum;
}

}  // namespace paceline::pacer
