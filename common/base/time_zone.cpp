#include "common/base/time_zone.h"

#include <date/tz.h>

#include <algorithm>
#include <charconv>
#include <exception>

#include "common/base/ascii.h"
#include "common/base/nearest_word.h"

namespace paceline {
namespace {

using std::chrono::minutes;

// The whole name, or that of the city alone.
std::string near_name(std::string_view text) {
  const std::string wanted = ascii_lower(std::string{text.substr(0, longest_word)});
  std::string best;
  std::size_t least = std::max<std::size_t>(2, wanted.size() / 3) + 1;
  for (const auto& zone : date::get_tzdb().zones) {
    const std::string name = ascii_lower(zone.name());
    const std::string city = name.substr(name.rfind('/') + 1);
    const std::size_t far = std::min(letters_apart(wanted, name), letters_apart(wanted, city));
    if (far >= least) continue;
    least = far;
    best = zone.name();
  }
  return best;
}

WallTime local_to_utc(const date::time_zone* zone, std::chrono::sys_time<minutes> local) {
  const date::local_time<Duration> time{local.time_since_epoch()};
  const auto found = zone->get_info(time);
  // In a gap both sides of it are the instant at which the clock jumps.
  if (found.result == date::local_info::nonexistent)
    return WallTime{found.first.end.time_since_epoch()};
  return WallTime{time.time_since_epoch() - found.first.offset};
}

}  // namespace

Result<TimeZone> TimeZone::named(std::string_view name) {
  if (name == "UTC") return TimeZone{};
  TimeZone zone;
  try {
    const auto& known = date::get_tzdb().zones;
    const auto found = std::ranges::find(
        known, name, [](const auto& each) { return std::string_view{each.name()}; });
    if (found == known.end()) {
      const std::string near = near_name(name);
      return fail("no time zone of this name" +
                  (near.empty() ? std::string{": IANA names it like Europe/Berlin"}
                                : "; the nearest is " + near));
    }
    zone.zone_ = &*found;
    zone.zone_->get_info(WallTime{});  // Reads its rules: what is wrong with them shows now.
  } catch (const std::exception& error) {
    return fail(Errc::unavailable,
                "the time zones of this host cannot be read (Debian's package tzdata has them): " +
                    std::string{error.what()});
  }
  return zone;
}

std::string_view TimeZone::name() const {
  return zone_ ? std::string_view{zone_->name()} : "UTC";
}

LocalDay local_day(TimeZone zone, minutes begins, WallTime at) {
  using std::chrono::days;
  const auto offset = zone.zone_ ? Duration{zone.zone_->get_info(at).offset} : Duration::zero();
  const auto begins_on = [&](std::chrono::sys_days date) {
    const auto local = date + begins;
    return zone.zone_ ? local_to_utc(zone.zone_, local) : WallTime{local};
  };
  auto date = std::chrono::floor<days>(at + offset - begins);
  // Where the clock was set, the local time alone may name the day before or after.
  while (at < begins_on(date)) date -= days{1};
  while (at >= begins_on(date + days{1})) date += days{1};
  return {.date = static_cast<std::int32_t>(date.time_since_epoch().count()),
          .begins = begins_on(date),
          .ends = begins_on(date + days{1})};
}

std::string format_date(std::int32_t days_since_1970) {
  return date::format("%F", date::sys_days{date::days{days_since_1970}});
}

Result<std::int32_t> parse_date(std::string_view text) {
  const auto digits = [&](std::size_t at, std::size_t size) {
    int value = -1;
    const char* end = text.data() + at + size;
    return std::from_chars(text.data() + at, end, value).ptr == end ? value : -1;
  };
  const bool shaped = text.size() == 10 && text[4] == '-' && text[7] == '-';
  const int year = shaped ? digits(0, 4) : -1;
  const int month = shaped ? digits(5, 2) : -1;
  const int day = shaped ? digits(8, 2) : -1;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (month < 0 || day < 0 || year < 1970 || year > 2261 || !date.ok())
    return fail("not a date such as 2026-11-29");
  return static_cast<std::int32_t>(std::chrono::sys_days{date}.time_since_epoch().count());
}

}  // namespace paceline
