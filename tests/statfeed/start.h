// When a test of statfeed begins: later than any delay that is tested, so that "an hour ago" is a time too.
#pragma once

#include "common/base/time.h"

namespace paceline::test {

inline constexpr Instant start{std::chrono::hours{1}};

}  // namespace paceline::test
