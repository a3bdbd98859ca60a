// The local time of a place, by the system's tzdata, and the days that people count there.
//
//   const TimeZone zone = TRY(TimeZone::named("Europe/Berlin"));
//   const LocalDay day = local_day(zone, 4h, wall);    // the day from 04:00 to 04:00 that holds `wall`
//
// A zone is a handle, copied as a pointer is. The rules of a zone are read when it is first named, and stay as they
// are until the process ends. UTC needs no tzdata.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/time.h"

namespace date {
class time_zone;
}

namespace paceline {

class TimeZone {
 public:
  /// UTC.
  constexpr TimeZone() = default;

  /// The zone of that IANA name: "Europe/Berlin", "UTC".
  ///   errors   bad_value: no such zone, and the name that comes nearest; unavailable: there is no
  ///            tzdata on this host
  static Result<TimeZone> named(std::string_view name);

  std::string_view name() const;
  bool is_utc() const { return zone_ == nullptr; }

  bool operator==(const TimeZone&) const = default;

 private:
  friend struct LocalDay local_day(TimeZone, std::chrono::minutes, WallTime);

  const date::time_zone* zone_ = nullptr;
};

/// A day as a place counts it: of 23 or 25 hours where the clocks are set forward or back.
struct LocalDay {
  std::int32_t date = 0;  // [days since 1970-01-01] of the local calendar, when it begins.
  WallTime begins{};
  WallTime ends{};  // The next one begins.
};

/// The day that `at` is in.
///
///   begins   [0..24 h) local time of day when days begin. Where the clock passes over it, the day
///            begins at that instant; where it comes twice, the first time.
struct LocalDay local_day(TimeZone zone, std::chrono::minutes begins, WallTime at);

/// "2026-11-29" and back.
///   errors   bad_value: not a date of 1970..2261
std::string format_date(std::int32_t days_since_1970);
Result<std::int32_t> parse_date(std::string_view text);

}  // namespace paceline
