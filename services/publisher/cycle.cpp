#include "services/publisher/cycle.h"

#include "common/base/check.h"

namespace paceline::publisher {

Cycle::Cycle(Duration period, Duration gap) : period_{period}, gap_{gap} {
  CHECK(period_ > Duration::zero());
  CHECK(gap_ >= Duration::zero());
}

void Cycle::start(Instant now) {
  next_ = now;
  prompt_requested_ = false;
}

void Cycle::sent(Instant now) {
  CHECK(due(now));
  const auto missed = (now - next_) / period_;
  skipped_ += static_cast<std::uint64_t>(missed);
  next_ += (missed + 1) * period_;
  prompt_from_ = std::max(prompt_from_, now + gap_);
  prompt_requested_ = false;
  ++cycles_;
}

void Cycle::sent_prompt(Instant now) {
  CHECK(prompt_due(now));
  prompt_from_ = now + gap_;
  prompt_requested_ = false;
  ++prompts_;
}

void Cycle::answered(Instant now, Duration round_trip) {
  round_trip_ = round_trip;
  prompt_from_ = std::max(prompt_from_, now + round_trip);
}

void Cycle::retry_at(Instant at) {
  if (at > next_) skipped_ += static_cast<std::uint64_t>((at - next_) / period_);
  next_ = at;
  prompt_requested_ = false;
}

}  // namespace paceline::publisher
