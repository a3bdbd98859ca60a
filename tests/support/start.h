// When a test on virtual time begins: not at zero, which would hide that something was never set.
#pragma once

#include "common/base/time.h"

namespace paceline::test {

inline constexpr Instant start{std::chrono::seconds{1000}};

}  // namespace paceline::test
