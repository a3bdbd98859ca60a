#include "services/elector/damping.h"

#include <cmath>

namespace paceline::elector {

namespace {
constexpr double one_loss = 1000;
constexpr double suppress_from = 2500;
constexpr double reuse_below = 750;
constexpr double half_life_s = 60;
constexpr Duration longest = 300s;
}  // namespace

double Damping::penalty(Instant now) const {
  if (penalty_ == 0) return 0;
  return penalty_ * std::exp2(-to_seconds(now - since_) / half_life_s);
}

void Damping::lost_mastership(Instant now) {
  penalty_ = penalty(now) + one_loss;
  since_ = now;
  if (penalty_ < suppress_from || suppressed_) return;
  suppressed_ = true;
  suppressed_at_ = now;
}

bool Damping::suppressed(Instant now) {
  if (suppressed_ && (penalty(now) < reuse_below || now - suppressed_at_ >= longest)) {
    suppressed_ = false;
    penalty_ = 0;
  }
  return suppressed_;
}

}  // namespace paceline::elector
