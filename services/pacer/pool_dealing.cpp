#include "services/pacer/pool_dealing.h"
#include "services/pacer/rise.h"

#include <algorithm>
#include <cmath>

namespace paceline::pacer {
namespace {

constexpr double memory_s = 600;
constexpr double enough = 8;  // [invitations] A bound above this is none.

}  // namespace

void PoolDealing::see(std::uint64_t sent, bool restarted, double true_s) {
  const bool rose = has_sent_ && !restarted && sent > sent_;
  const double more = rose ? rise(sent_, sent) : 0;
  sent_ = sent;
  has_sent_ = true;
  true_s_ = true_s;
  if (more <= 0) return;
  dealt_ = dealt(true_s) + more;
  dealt_s_ = true_s;
  taken_ += static_cast<float>(more);
  if (taken_ < granted_ || granted_ <= 0) return;
  if (short_ && granted_ >= limit_) limit_ *= 2;
  if (limit_ > enough) {
    limit_ = no_limit;
    short_ = false;
  }
  granted_ = taken_ = 0;
}

void PoolDealing::grant(double invitations, double now_s) {
  const bool open = granted_ > taken_;
  if (!has_sent_) {  // Nobody will tell: what is granted is taken for sent.
    dealt_ = dealt(now_s) + std::max(0.0, invitations);
    dealt_s_ = now_s;
  } else if (invitations <= 0) {
    granted_ = taken_ = 0;
  } else if (open) {
    granted_ = taken_ + static_cast<float>(invitations);
  } else {
    granted_ = static_cast<float>(invitations);
    taken_ = 0;
    granted_s_ = now_s;
  }
}

void PoolDealing::lapse(double patience_s) {
  if (granted_ <= taken_ || true_s_ - granted_s_ < patience_s) return;
  short_ = true;
  limit_ = taken_ + 1;
  granted_ -= taken_;
  taken_ = 0;
  granted_s_ = true_s_;
}

double PoolDealing::in_flight() const {
  const double open = std::max(0.0f, granted_ - taken_);
  return short_ ? std::min(open, limit_ - 1) : open;
}

double PoolDealing::dealt(double now_s) const {
  return dealt_ * std::exp(-std::max(0.0, now_s - dealt_s_) / memory_s);
}

}  // namespace paceline::pacer
