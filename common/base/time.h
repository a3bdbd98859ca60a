// Two kinds of time that do not convert into each other, and their text forms.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace paceline {

using namespace std::chrono_literals;

using Duration = std::chrono::nanoseconds;

/// The clock behind Instant: monotonic, goes on while the host sleeps (CLOCK_BOOTTIME), the same
/// for every process of one host. Read it through ports/clock.h only.
struct BootClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock, Duration>;
  static constexpr bool is_steady = true;
};

/// Monotonic: for ages, deadlines and timers. Means nothing on another host.
using Instant = BootClock::time_point;

/// UTC, since 1970: for people, logs and other machines. Never subtracted to measure.
using WallTime = std::chrono::sys_time<Duration>;

constexpr double to_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// Nearest representable duration; `seconds` beyond +-200 years or NaN is clamped to that range
/// (0).
Duration from_seconds(double seconds);

/// "250ms", "2s", "1.5s", "3m", "1h", "500us": a number with its unit, no sign, at most 365 days.
///   errors   bad_value: no number, no known unit, too large
Result<Duration> parse_duration(std::string_view text);

/// The shortest exact form that parse_duration reads back: "1500ms", "2s", "0s".
std::string format_duration(Duration duration);

/// As it stands in messages and files.
constexpr std::int64_t ms_since_1970(WallTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

/// "2026-11-22T19:43:46.375Z"; years 1970..2261.
std::string format_utc(WallTime time);

/// The same of milliseconds since 1970, as messages and files have them; the nearest of these years for any other.
std::string format_utc_ms(std::int64_t ms);

}  // namespace paceline
