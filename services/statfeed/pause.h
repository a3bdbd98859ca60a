// How pauses before the next try grow: with chance by common/base/backoff.h, or by plain doubling.
#pragma once

#include <algorithm>

#include "common/base/time.h"

namespace paceline::statfeed {

/// For Backoff::next(): a delay between half its bound and all of it, so that clients do
/// not come in step, and none comes at once.
///
///   uniform   [0, 1)
///   returns   [0.5, 1)
constexpr double at_least_half(double uniform) {
  return 0.5 + 0.5 * uniform;
}

/// The pause after `last`; zero stands for none before.
constexpr Duration doubled(Duration last, Duration least, Duration most) {
  return last == Duration::zero() ? least : std::min(2 * last, most);
}

}  // namespace paceline::statfeed
