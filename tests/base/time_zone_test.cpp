#include "common/base/time_zone.h"

#include <rapidcheck.h>

#include "tests/support/catch.h"

namespace paceline::test {
namespace {

using std::chrono::sys_days;
using std::chrono::year;

WallTime utc(int y, unsigned month, unsigned day, Duration time = {}) {
  return sys_days{year{y} / static_cast<int>(month) / static_cast<int>(day)} + time;
}

TimeZone zone(std::string_view name) {
  const auto found = TimeZone::named(name);
  REQUIRE(found);
  return *found;
}

Duration length(const LocalDay& day) {
  return day.ends - day.begins;
}

}  // namespace

TEST_CASE("a local day begins at local midnight", "[base]") {
  const LocalDay day = local_day(zone("America/Los_Angeles"), 0min, utc(2026, 11, 29, 3h));

  CHECK(format_date(day.date) == "2026-11-28");
  CHECK(day.begins == utc(2026, 11, 28, 8h));
  CHECK(length(day) == Duration{24h});
}

TEST_CASE("a day that begins at 04:00 holds the night before that hour", "[base]") {
  const LocalDay day = local_day(zone("Europe/Berlin"), 4h, utc(2026, 11, 29, 2h));

  CHECK(format_date(day.date) == "2026-11-28");
  CHECK(day.ends == utc(2026, 11, 29, 3h));
}

TEST_CASE("a day has 23 hours where clocks are set forward and 25 where they are set back",
          "[base]") {
  const TimeZone berlin = zone("Europe/Berlin");

  CHECK(length(local_day(berlin, 0min, utc(2026, 3, 29, 12h))) == Duration{23h});
  CHECK(length(local_day(berlin, 0min, utc(2026, 10, 25, 12h))) == Duration{25h});
  CHECK(length(local_day(berlin, 0min, utc(2026, 10, 26, 12h))) == Duration{24h});
}

TEST_CASE("a day that begins within the hour that is skipped begins when the clock jumps",
          "[base]") {
  const LocalDay day = local_day(zone("Europe/Berlin"), 150min, utc(2026, 3, 29, 12h));

  CHECK(day.begins == utc(2026, 3, 29, 1h));
}

TEST_CASE("a day that begins within the hour that comes twice begins the first time", "[base]") {
  const TimeZone berlin = zone("Europe/Berlin");
  const WallTime begins =
      utc(2026, 10, 25, 30min);  // 02:30 in summer time, and again an hour later.

  CHECK(local_day(berlin, 150min, begins - 1ns).ends == begins);
  CHECK(local_day(berlin, 150min, begins).begins == begins);
  CHECK(local_day(berlin, 150min, begins + 40min).begins == begins);  // 02:10 for the second time.
}

TEST_CASE("a zone of half hours and one that left out a whole day are followed", "[base]") {
  CHECK(local_day(zone("Asia/Kathmandu"), 0min, utc(2026, 11, 29, 12h)).begins ==
        utc(2026, 11, 28, 18h + 15min));
  const LocalDay day = local_day(zone("Pacific/Apia"), 0min, utc(2011, 12, 30, 12h));
  CHECK(format_date(day.date) == "2011-12-31");
  CHECK(length(day) == Duration{24h});
}

TEST_CASE("days of any zone follow one another without a gap", "[base][property]") {
  REQUIRE(rc::check([] {
    const TimeZone any = zone(*rc::gen::element<std::string>(
        "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca",
        "Asia/Kolkata", "Pacific/Apia", "America/Sao_Paulo"));
    const std::chrono::minutes begins{*rc::gen::inRange(0, 1440)};
    const WallTime at = utc(2000, 1, 1) + *rc::gen::inRange(0, 40 * 365 * 24 * 60) * 1min;

    const LocalDay day = local_day(any, begins, at);

    RC_ASSERT(day.begins <= at && at < day.ends);
    RC_ASSERT(length(day) >= 22h && length(day) <= 49h);
    const LocalDay next = local_day(any, begins, day.ends);
    RC_ASSERT(next.begins == day.ends);
    RC_ASSERT(next.date > day.date && next.date <= day.date + 2);
  }));
}

TEST_CASE("a zone that does not exist is refused with the name that comes nearest", "[base]") {
  const auto error = [](std::string_view name) {
    const auto found = TimeZone::named(name);
    return found ? "none" : found.error().detail;
  };
  CHECK(error("berlin") == "no time zone of this name; the nearest is Europe/Berlin");
  CHECK(error("America/NewYork") == "no time zone of this name; the nearest is America/New_York");
  CHECK(error("utc") == "no time zone of this name; the nearest is Etc/UTC");
  CHECK(error("../../etc/passwd").starts_with("no time zone of this name"));
  CHECK(error(std::string(100'000, 'x')) ==
        "no time zone of this name: IANA names it like Europe/Berlin");
}

TEST_CASE("dates are read as they are written", "[base]") {
  CHECK(parse_date(format_date(20'786)) == 20'786);
  CHECK(format_date(20'786) == "2026-11-29");
  for (const char* wrong : {"2026-02-29", "2026-13-01", "2026-1-1", "", "26-11-2026", "2026-11-29x",
                            "2026/11/29", "+026-11-29"})
    CHECK_FALSE(parse_date(wrong));
}

}  // namespace paceline::test
