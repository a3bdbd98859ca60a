#include "services/publisher/cycle.h"

#include "common/base/check.h"

namespace paceline {

Cycle::Cycle(Duration period) : period_{period} {
  CHECK(period_ > Duration::zero());
}

void Cycle::sent(Instant now) {
  CHECK(due(now));
  const auto missed = (now - next_) / period_;
  skipped_ += static_cast<std::uint64_t>(missed);
  next_ += (missed + 1) * period_;
  ++cycles_;
}

void Cycle::retry_at(Instant at) {
  if (at > next_) skipped_ += static_cast<std::uint64_t>((at - next_) / period_);
  next_ = at;
}

}  // namespace paceline
