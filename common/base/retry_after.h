// Dates and delays in the headers of an HTTP answer.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "common/base/time.h"

namespace paceline {

/// A Retry-After header: seconds, or a date (parse_http_date).
///
///   now       the time that a date is counted from; a date gone by is no delay
///   returns   [0..1 h] at most an hour, whatever was asked; nothing if it cannot be understood
std::optional<Duration> parse_retry_after(std::string_view value, WallTime now);

/// A date as RFC 9110, 5.6.7 prefers it ("Sun, 06 Nov 1994 08:49:37 GMT"), or one of its old forms
/// ("Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994").
///   returns   [>= 1970] of any year; nothing if it is of another form
std::optional<std::chrono::sys_seconds> parse_http_date(std::string_view value);

}  // namespace paceline
