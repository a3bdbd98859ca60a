#include "services/publisher/request_timeout.h"

#include <algorithm>

#include "common/base/check.h"

namespace paceline::publisher {
namespace {

constexpr int quick_to_shrink = 3;
constexpr int quick_share = 4;  // An answer within 1/4 of the timeout is quick.

}  // namespace

RequestTimeout::RequestTimeout(Duration first, Duration most)
    : first_{first}, most_{most}, timeout_{first} {
  CHECK(first_ > Duration::zero() && most_ >= first_);
}

void RequestTimeout::timed_out() {
  timeout_ = std::min(timeout_ * 2, most_);
  quick_in_a_row_ = 0;
}

void RequestTimeout::answered(Duration round_trip) {
  quick_in_a_row_ = round_trip * quick_share <= timeout_ ? quick_in_a_row_ + 1 : 0;
  if (quick_in_a_row_ < quick_to_shrink) return;
  timeout_ = std::max(timeout_ / 2, first_);
  quick_in_a_row_ = 0;
}

}  // namespace paceline::publisher
