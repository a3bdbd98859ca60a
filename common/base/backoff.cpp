#include "common/base/backoff.h"

#include <algorithm>

#include "common/base/check.h"

namespace paceline {

Duration request_timeout(Duration period, double share) {
  CHECK(period > Duration::zero() && share > 0 && share < 1);
  return std::clamp(from_seconds(to_seconds(period) * share), Duration{1}, period - Duration{1});
}

Duration Backoff::next(double uniform) {
  Duration ceiling = policy_.first;
  for (int i = 0; i < failures_ && ceiling < policy_.most; ++i) ceiling *= 2;
  ceiling = std::max(std::min(ceiling, policy_.most), policy_.floor);
  ++failures_;
  return policy_.floor + from_seconds(to_seconds(ceiling - policy_.floor) * uniform);
}

}  // namespace paceline
