#include "common/base/time.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace paceline {
namespace {

struct Unit {
  std::string_view name;
  Duration length;
};

constexpr Unit units[] = {{"ns", 1ns}, {"us", 1us}, {"ms", 1ms}, {"s", 1s}, {"m", 1min}, {"h", 1h}};

}  // namespace

Duration from_seconds(double seconds) {
  constexpr double limit = 200.0 * 365 * 86400;
  if (std::isnan(seconds)) return Duration::zero();
  if (seconds > limit) seconds = limit;
  if (seconds < -limit) seconds = -limit;
  return Duration{static_cast<Duration::rep>(std::llround(seconds * 1e9))};
}

Result<Duration> parse_duration(std::string_view text) {
  const auto wrong = [&](const char* why) {
    return fail("'" + std::string{text} + "' is not a duration (" + why + "), write 250ms, 2s, 5m");
  };
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc{}) return wrong("no number");
  if (std::signbit(number)) return wrong("negative");
  const std::string_view unit{end, static_cast<std::size_t>(text.data() + text.size() - end)};
  for (const auto& [name, length] : units) {
    if (name != unit) continue;
    const double seconds = number * to_seconds(length);
    if (!(seconds <= 365.0 * 86400)) return wrong("over 365 days");
    return from_seconds(seconds);
  }
  return wrong(unit.empty() ? "no unit" : "unknown unit");
}

std::string format_duration(Duration duration) {
  if (duration == Duration::zero()) return "0s";
  Unit best = units[0];
  for (const auto& unit : units)
    if (duration % unit.length == Duration::zero()) best = unit;
  return std::to_string(duration / best.length) + std::string{best.name};
}

std::string format_utc(WallTime time) {
  const std::chrono::milliseconds millis{ms_since_1970(time)};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(millis);
  const std::time_t whole = seconds.count();
  std::tm parts{};
  gmtime_r(&whole, &parts);
  char date[32];
  const auto length = std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  char text[48];
  std::snprintf(text, sizeof text, "%.*s.%03dZ", static_cast<int>(length), date,
                static_cast<int>((millis - seconds).count()));
  return text;
}

std::string format_utc_ms(std::int64_t ms) {
  const std::int64_t latest = ms_since_1970(WallTime::max());
  return format_utc(WallTime{std::chrono::milliseconds{std::clamp<std::int64_t>(ms, 0, latest)}});
}

}  // namespace paceline
