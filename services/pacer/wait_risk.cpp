#include "services/pacer/wait_risk.h"

#include <algorithm>
#include <cmath>

namespace paceline::pacer {
namespace {

constexpr double most_exponent = 600;  // e^-600 is still a number that sums can grow from.

double normal_above(double deviations) {
  return 0.5 * std::erfc(deviations / std::sqrt(2.0));
}

}  // namespace

void WaitRisk::BetaSum::begin(double x, double b) {
  term = std::exp(b * std::log(x));
  sum = 0;
}

// The term of i = z - 1, then the next one.
void WaitRisk::BetaSum::add(double x, double b, int z) {
  sum = std::min(1.0, sum + term);
  term *= (1 - x) * (b + z - 1) / z;
}

WaitRisk::WaitRisk(const WaitGoal& goal, double relief_rate, double abandon_rate)
    : goal_{goal}, a_{relief_rate / abandon_rate}, abandon_rate_{abandon_rate} {
  chance_[0] = 0;
  const double longest_s = std::max(goal.within_s, goal.after_s);
  tiny_ = (a_ + 1) * abandon_rate * longest_s > most_exponent;
  if (goal.within_s >= 0) {
    within_x_ = std::exp(-abandon_rate * goal.within_s);
    within_.begin(within_x_, a_ + 1);
  }
  if (goal.after_s > 0) {
    after_x_ = std::exp(-abandon_rate * goal.after_s);
    after_.begin(after_x_, a_);
    served_.begin(after_x_, a_ + 1);
  }
}

// Who left too soon to be counted is taken off those who were not served in time.
double WaitRisk::exact_next() {
  const int z = known_ + 1;
  const double served = a_ / (a_ + z);
  double lost = 1 - served;
  if (goal_.after_s > 0) {
    after_.add(after_x_, a_, z);
    served_.add(after_x_, a_ + 1, z);
    lost = after_x_ * after_.sum - served * served_.sum;
  }
  if (goal_.within_s >= 0) {
    within_.add(within_x_, a_ + 1, z);
    const double sooner = (1 - served) - lost;
    lost = 1 - served * (1 - within_.sum) - sooner;
  }
  return std::clamp(lost, 0.0, 1.0);
}

// V is nearly normal where many must leave before; tilted by the patience that it takes.
double WaitRisk::by_normal(double z) const {
  const double mean_s = std::log((a_ + z) / a_) / abandon_rate_;
  const double sd_s = std::sqrt(std::max(1e-12, 1 / a_ - 1 / (a_ + z))) / abandon_rate_;
  const double served = a_ / (a_ + z);
  const double tilted_s = mean_s - abandon_rate_ * sd_s * sd_s;  // Of those who are served.
  const auto later = [&](double limit_s, double from_s) {
    return normal_above((limit_s - from_s) / sd_s);
  };
  double lost = 1 - served;
  if (goal_.after_s > 0)
    lost = after_x_ * later(goal_.after_s, mean_s) - served * later(goal_.after_s, tilted_s);
  if (goal_.within_s >= 0) {
    const double sooner = (1 - served) - lost;
    lost = 1 - served * (1 - later(goal_.within_s, tilted_s)) - sooner;
  }
  return std::clamp(lost, 0.0, 1.0);
}

double WaitRisk::at(int z) {
  if (z <= 0) return 0;
  if (tiny_ || z > most) return by_normal(z);
  while (known_ < z) {
    const double next = exact_next();
    chance_[static_cast<std::size_t>(++known_)] = next;
  }
  return chance_[static_cast<std::size_t>(z)];
}

double WaitRisk::near(double z) {
  return at(static_cast<int>(std::lround(std::clamp(z, 0.0, 1e9))));
}

double wait_risk(const WaitGoal& goal, double relief_rate, double abandon_rate, int z) {
  return WaitRisk{goal, relief_rate, abandon_rate}.at(z);
}

}  // namespace paceline::pacer
