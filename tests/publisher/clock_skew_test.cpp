#include "services/publisher/clock_skew.h"

#include <fmt/chrono.h>
#include <rapidcheck.h>

#include "common/wire/state_frame.h"
#include "tests/support/catch.h"
#include "tests/support/start.h"

namespace paceline::test {
using namespace publisher;
namespace {

constexpr WallTime noon{1'700'000'000s};

std::string date_of(WallTime time) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(
                         std::chrono::time_point_cast<std::chrono::system_clock::duration>(
                             std::chrono::floor<std::chrono::seconds>(time)))));
}

}  // namespace

TEST_CASE("nothing is known of the clock without a date that can be read", "[publisher]") {
  const auto date = GENERATE(as<std::string>{}, "", "yesterday", "2023-11-14T22:13:20Z",
                             "Tue, 31 Feb 2023 22:13:20 GMT");
  ClockSkew skew;

  skew.observe(date, noon, 10ms, start);

  CHECK(!skew.estimate(start));
}

TEST_CASE("a date is as good as its second and half of the round trip", "[publisher]") {
  ClockSkew skew;

  skew.observe(date_of(noon), noon + 10s, 200ms, start);

  REQUIRE(skew.estimate(start));
  CHECK(skew.estimate(start)->skew_ms == Approx(9400));
  CHECK(skew.estimate(start)->error_ms == Approx(600));
  CHECK(skew.estimate(start)->least_ms() == Approx(8800));
}

TEST_CASE("the best of the last samples counts", "[publisher]") {
  ClockSkew skew;

  skew.observe(date_of(noon), noon + 1s, 2s, start);
  skew.observe(date_of(noon), noon + 500ms, 20ms, start + 1s);
  skew.observe(date_of(noon), noon + 1s, 1s, start + 2s);

  CHECK(skew.estimate(start + 2s)->error_ms == Approx(510));
  for (int i = 0; i < 8; ++i) skew.observe(date_of(noon), noon + 1s, 1s, start + 3s);
  CHECK(skew.estimate(start + 3s)->error_ms == Approx(1000));
}

TEST_CASE("a clock that was set is noticed with the next answer", "[publisher]") {
  ClockSkew skew;
  for (int i = 0; i < 5; ++i) skew.observe(date_of(noon), noon + 500ms, 10ms, start);

  skew.observe(date_of(noon), noon - 20s, 100ms, start + 1s);

  CHECK(skew.estimate(start + 1s)->skew_ms == Approx(-20'550));
}

TEST_CASE("what is known of the clock is forgotten when nobody answers", "[publisher]") {
  ClockSkew skew;
  skew.observe(date_of(noon), noon, 10ms, start);

  CHECK(skew.estimate(start + 5min));
  CHECK(!skew.estimate(start + 5min + 1ms));
}

TEST_CASE("a date of any year is a skew within bounds", "[publisher]") {
  ClockSkew skew;

  skew.observe("Fri, 31 Dec 9999 23:59:59 GMT", noon, 10ms, start);

  CHECK(skew.estimate(start)->skew_ms == -max_wall_ms);
}

TEST_CASE("the true skew is never further away than the error", "[publisher][property]") {
  REQUIRE(rc::check([] {
    ClockSkew skew;
    const auto truth = std::chrono::milliseconds{*rc::gen::inRange(-20'000, 20'000)};
    WallTime endpoint = noon;
    for (int i = 0; i < 20; ++i) {
      endpoint += std::chrono::milliseconds{*rc::gen::inRange(1, 3000)};
      const auto there = std::chrono::milliseconds{*rc::gen::inRange(0, 1500)};
      const auto back = std::chrono::milliseconds{*rc::gen::inRange(0, 1500)};
      skew.observe(date_of(endpoint), endpoint + back + truth, there + back, start);
      const auto estimate = skew.estimate(start);
      RC_ASSERT(estimate.has_value());
      const double off_ms = std::abs(estimate->skew_ms - to_seconds(truth) * 1000);
      RC_ASSERT(off_ms <= estimate->error_ms + 0.01);
    }
  }));
}

TEST_CASE("a clock that is off by ten seconds all the time contradicts nobody", "[publisher]") {
  ClockSkew skew;
  skew.observe(date_of(noon), noon + 10s, 20ms, start);

  skew.observe(date_of(noon), noon + 10s, 1s, start + 1s);

  CHECK(skew.estimate(start + 1s)->error_ms == Approx(510));
}

TEST_CASE("samples contradict each other beyond the sum of their errors", "[publisher]") {
  const auto error_after = [](Duration received) {
    ClockSkew skew;
    skew.observe(date_of(noon), noon + 500ms, 10ms, start);      // -5 ms, by 505.
    skew.observe(date_of(noon), noon + received, 100ms, start);  // by 550.
    return skew.estimate(start)->error_ms;
  };

  CHECK(error_after(-450ms) == Approx(505));  // 995 ms apart.
  CHECK(error_after(-600ms) == Approx(550));  // 1145 ms apart: the former is forgotten.
}

TEST_CASE("of samples that are as good the newest counts", "[publisher]") {
  ClockSkew skew;
  skew.observe(date_of(noon), noon + 500ms, 10ms, start);

  skew.observe(date_of(noon), noon + 600ms, 10ms, start);

  CHECK(skew.estimate(start)->skew_ms == Approx(95));
}

}  // namespace paceline::test
