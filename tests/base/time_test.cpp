#include "common/base/time.h"

#include <rapidcheck.h>

#include <cmath>

#include "tests/support/catch.h"

namespace paceline::test {

TEST_CASE("a duration reads with each of its units", "[base]") {
  CHECK(parse_duration("250ms") == Duration{250ms});
  CHECK(parse_duration("2s") == Duration{2s});
  CHECK(parse_duration("1.5s") == Duration{1500ms});
  CHECK(parse_duration("3m") == Duration{180s});
  CHECK(parse_duration("1h") == Duration{3600s});
  CHECK(parse_duration("500us") == Duration{500us});
  CHECK(parse_duration("0s") == Duration{0});
}

TEST_CASE("what is no duration is refused with the text in the error", "[base]") {
  for (const auto* text :
       {"", "s", "5", "-1s", "1 s", "1d", "nan s", "inf", "1e3s", "400000h", "2ss"}) {
    const auto result = parse_duration(text);
    CAPTURE(text);
    REQUIRE_FALSE(result);
    CHECK(result.error().detail.find("'" + std::string{text} + "'") != std::string::npos);
  }
}

TEST_CASE("every duration is printed in a form that reads back the same", "[base][property]") {
  REQUIRE(rc::check([] {
    const Duration duration{*rc::gen::inRange<std::int64_t>(0, 86'400'000'000'000)};
    RC_ASSERT(parse_duration(format_duration(duration)) == duration);
  }));
}

TEST_CASE("arbitrary text never crashes the duration parser", "[base][property]") {
  REQUIRE(rc::check([](const std::string& text) { (void)parse_duration(text); }));
}

TEST_CASE("seconds beyond all reason are clamped and NaN is zero", "[base]") {
  CHECK(from_seconds(std::nan("")) == Duration{0});
  CHECK(from_seconds(1e300) == from_seconds(1e200));
  CHECK(from_seconds(-1e300) == -from_seconds(1e300));
  CHECK(from_seconds(0.25) == Duration{250ms});
}

TEST_CASE("wall time is printed in UTC with milliseconds", "[base]") {
  constexpr auto day = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22};

  CHECK(format_utc(WallTime{day} + 19h + 43min + 46s + 375ms) == "2026-11-22T19:43:46.375Z");
  CHECK(format_utc(WallTime{}) == "1970-01-01T00:00:00.000Z");
}

}  // namespace paceline::test
