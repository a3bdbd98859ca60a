#include "services/watch/past_time.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <optional>

#include "common/base/time.h"

namespace paceline::watch {
namespace {

/// Exactly `digits` digits off the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<std::int64_t> calendar(std::string_view text) {
  namespace chrono = std::chrono;
  const auto year = take_digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits(text, 2);
  if (!day) return std::nullopt;
  const chrono::year_month_day date{chrono::year{*year},
                                    chrono::month{static_cast<unsigned>(*month)},
                                    chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *year < 1970) return std::nullopt;
  std::int64_t ms =
      chrono::duration_cast<chrono::milliseconds>(chrono::sys_days{date}.time_since_epoch())
          .count();
  if (text.empty()) return ms;
  if (!take(text, 'T') && !take(text, ' ')) return std::nullopt;
  const auto hour = take_digits(text, 2);
  if (!hour || *hour > 23 || !take(text, ':')) return std::nullopt;
  const auto minute = take_digits(text, 2);
  if (!minute || *minute > 59) return std::nullopt;
  ms += (*hour * 60 + *minute) * 60'000;
  if (take(text, ':')) {
    const auto second = take_digits(text, 2);
    if (!second || *second > 59) return std::nullopt;
    ms += *second * 1000;
    if (take(text, '.')) {
      std::int64_t unit = 100;
      std::size_t digits = 0;
      for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits, unit /= 10) {
        ms += unit * (text.front() - '0');
        text.remove_prefix(1);
      }
      if (digits == 0 || digits > 9) return std::nullopt;
    }
  }
  take(text, 'Z');
  return text.empty() ? std::optional{ms} : std::nullopt;
}

std::optional<std::int64_t> milliseconds(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

/// Days too, which durations do not know.
Result<std::int64_t> parse_long_duration(std::string_view text) {
  if (text.ends_with('d')) {
    const auto days = milliseconds(text.substr(0, text.size() - 1));
    if (days && *days <= 365) return *days * 86'400'000;
  }
  const Duration duration = TRY(parse_duration(text));
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace

Result<std::int64_t> parse_past_time(std::string_view text, std::int64_t now_ms) {
  if (text == "now") return now_ms;
  if (text.starts_with('-')) {
    const auto ago = parse_long_duration(text.substr(1));
    if (ago) return std::max<std::int64_t>(0, now_ms - *ago);
  }
  if (const auto number = milliseconds(text)) return *number;
  if (const auto date = calendar(text)) return *date;
  return fail(fmt::format(
      "'{}' is not a time: write 2026-11-25T03:00:00Z (UTC), milliseconds since 1970, now or -90m",
      text));
}

Result<HistoryQuery> parse_history_query(std::string_view from, std::string_view to,
                                         std::string_view step, std::int64_t now_ms) {
  constexpr std::int64_t hour_ms = 3'600'000;
  const auto named = [](const char* name, Result<std::int64_t> value) -> Result<std::int64_t> {
    if (!value) return fail(fmt::format("{} = {}", name, value.error().detail));
    return value;
  };
  HistoryQuery query;
  query.to_ms = to.empty() ? now_ms : TRY(named("to", parse_past_time(to, now_ms)));
  query.from_ms = from.empty() ? std::max<std::int64_t>(0, query.to_ms - hour_ms)
                               : TRY(named("from", parse_past_time(from, now_ms)));
  if (query.from_ms > query.to_ms) return fail("from lies after to");
  if (!step.empty()) {
    query.step_ms = TRY(named("step", parse_long_duration(step)));
    if (query.step_ms <= 0) return fail("step = 0: it must be longer");
  }
  return query;
}

}  // namespace paceline::watch
