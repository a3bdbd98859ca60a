#include "services/pacer/abandonment_spread.h"

#include <algorithm>
#include <cmath>

namespace paceline::pacer {
namespace {

constexpr double whole_period_s = 600;
constexpr double period_weight = 1.0 / 120;  // A day of twenty hours.
constexpr double enough_periods = 30;
constexpr double most_periods = 1000;

double in(double value, double low, double high) {
  return std::isfinite(value) ? std::clamp(value, low, high) : low;
}

}  // namespace

void AbandonmentSpread::follow(double served, double abandoned, double dt_s) {
  period_s_ += dt_s;
  served_ += served;
  abandoned_ += abandoned;
  if (period_s_ < whole_period_s) return;
  if (served_ + abandoned_ > 0) {  // Not at night.
    learned.periods = std::min(learned.periods + 1, most_periods);
    const double share = std::max(period_weight, 1 / learned.periods);
    learned.mean += share * (abandoned_ - learned.mean);
    learned.square += share * (abandoned_ * abandoned_ - learned.square);
  }
  period_s_ = served_ = abandoned_ = 0;
}

double AbandonmentSpread::ratio() const {
  if (learned.periods < enough_periods || !(learned.mean > 0)) return 1;
  return std::max(0.0, learned.square - learned.mean * learned.mean) / learned.mean;
}

double AbandonmentSpread::counts_for() const {
  // Four standard deviations of what is seen by chance where each abandons for himself.
  const double known = std::clamp(learned.periods, enough_periods, 2 / period_weight);
  const double usual = 1.05 + 4 * std::sqrt(2 / known);
  constexpr double a_point_of_ratio = 0.5;
  constexpr double most_more = 0.15;
  return 1 + std::clamp(a_point_of_ratio * (ratio() - usual), 0.0, most_more);
}

SpreadLearned sanitised(const SpreadLearned& learned) {
  return {.mean = in(learned.mean, 0, 1e6),
          .square = in(learned.square, 0, 1e12),
          .periods = in(learned.periods, 0, most_periods)};
}

}  // namespace paceline::pacer
