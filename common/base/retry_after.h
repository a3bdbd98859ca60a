// When a server asks to be left alone for a while.
#pragma once

#include <optional>
#include <string_view>

#include "common/base/time.h"

namespace paceline {

/// A Retry-After header: seconds, or a date as RFC 9110 has it ("Sun, 06 Nov 1994 08:49:37 GMT").
///
///   now       the time that a date is counted from; a date gone by is no delay
///   returns   [0..1 h] at most an hour, whatever was asked; nothing if it cannot be understood
std::optional<Duration> parse_retry_after(std::string_view value, WallTime now);

}  // namespace paceline
