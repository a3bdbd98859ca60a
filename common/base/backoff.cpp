#include "common/base/backoff.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/base/check.h"

namespace paceline {
namespace {

constexpr Duration longest_retry_after = 1h;

// Digits only, all of `text`, at most `max`.
std::optional<int> number(std::string_view text, int max) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text[0] == '-' || error != std::errc{} || end != text.data() + text.size() ||
      value > max)
    return std::nullopt;
  return value;
}

// IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT". The two obsolete forms are nobody's any more.
std::optional<WallTime> http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT" ||
      text[19] != ':' || text[22] != ':')
    return std::nullopt;
  const auto month = std::find(months.begin(), months.end(), text.substr(8, 3));
  const auto day = number(text.substr(5, 2), 31);
  const auto year = number(text.substr(12, 4), 2200);
  const auto hour = number(text.substr(17, 2), 23);
  const auto minute = number(text.substr(20, 2), 59);
  const auto second = number(text.substr(23, 2), 60);
  if (month == months.end() || !day || !year || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year{*year},
      std::chrono::month{static_cast<unsigned>(month - months.begin()) + 1},
      std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
         std::chrono::seconds{*second};
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

Duration request_timeout(Duration period, double share) {
  CHECK(period > Duration::zero() && share > 0 && share < 1);
  return std::clamp(from_seconds(to_seconds(period) * share), Duration{1}, period - Duration{1});
}

Duration Backoff::next(double uniform) {
  Duration ceiling = policy_.first;
  for (int i = 0; i < failures_ && ceiling < policy_.most; ++i) ceiling *= 2;
  ceiling = std::max(std::min(ceiling, policy_.most), policy_.floor);
  ++failures_;
  return policy_.floor + from_seconds(to_seconds(ceiling - policy_.floor) * uniform);
}

std::optional<Duration> parse_retry_after(std::string_view value, WallTime now) {
  value = trimmed(value);
  if (!value.empty() &&
      std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    const auto seconds = number(value, 3600);
    return seconds ? std::chrono::seconds{*seconds} : longest_retry_after;
  }
  const auto date = http_date(value);
  if (!date) return std::nullopt;
  return std::clamp<Duration>(*date - now, Duration::zero(), longest_retry_after);
}

}  // namespace paceline
