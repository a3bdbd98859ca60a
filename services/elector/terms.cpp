#include "services/elector/terms.h"

#include <algorithm>

namespace paceline::elector {

KnownTerms::KnownTerms(std::uint64_t held, Duration period, bool bounded)
    : period_{period}, bounded_{bounded}, highest_{held}, counter_{counter_of(held)} {
}

void KnownTerms::hold(std::uint64_t term) {
  highest_ = std::max(highest_, term);
}

bool KnownTerms::hear(std::uint64_t term, Instant now) {
  if (term > largest_term && bounded_) return false;
  if (term <= highest_ || !bounded_) {
    highest_ = std::max(highest_, term);
    return true;
  }
  if (now >= period_ends_) {
    period_ends_ = now + period_;
    counter_ = counter_of(highest_);
  }
  const bool possible = counter_of(term) <= counter_ + most_lifted;
  highest_ = std::max(highest_, possible ? term : (counter_ + most_lifted) << 8);
  return possible;
}

std::uint64_t next_term(std::uint64_t held, std::uint64_t known, std::uint8_t number,
                        bool bounded) {
  std::uint64_t counter = std::max(counter_of(held), counter_of(known)) + 1;
  if (bounded) counter = std::min(counter, counter_of(held) + most_taken);
  return counter > counter_of(largest_term) ? 0 : counter << 8 | number;
}

}  // namespace paceline::elector
