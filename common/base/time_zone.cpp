#include "common/base/time_zone.h"

#include <date/tz.h>

#include <algorithm>
#include <charconv>
#include <exception>
#include <vector>

#include "common/base/ascii.h"

namespace paceline {
namespace {

using std::chrono::minutes;

// Changes of one letter that turn one text into the other.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

// The whole name, or that of the city alone.
std::string near_name(std::string_view text) {
  constexpr std::size_t longest = 64;
  const std::string wanted = ascii_lower(std::string{text.substr(0, longest)});
  std::string best;
  std::size_t least = std::max<std::size_t>(2, wanted.size() / 3) + 1;
  for (const auto& zone : date::get_tzdb().zones) {
    const std::string name = ascii_lower(zone.name());
    const std::string city = name.substr(name.rfind('/') + 1);
    const std::size_t far = std::min(distance(wanted, name), distance(wanted, city));
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
