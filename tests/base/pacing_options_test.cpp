#include "common/base/pacing_options.h"

#include <rapidcheck.h>

#include "tests/support/catch.h"

namespace paceline::test {
namespace {

Result<PacingOptions> with(std::string_view name, std::string_view text) {
  PacingOptions options;
  for (const PacingOption& option : pacing_options())
    if (option.name == name) {
      const auto set = option.set(options, text);
      if (!set) return tl::unexpected(set.error());
      return options;
    }
  return fail(Errc::not_found, "no such option");
}

}  // namespace

TEST_CASE("each option is known by the vendor's word and range", "[base]") {
  CHECK(with("algorithm", "PREDICTIVE_B_DUAL")->algorithm == Algorithm::predictive_b_dual);
  CHECK(with("optimizationTarget", "BUSY_FACTOR")->optimization_target ==
        OptimizationTarget::busy_factor);
  CHECK(with("optimizationGoal", "80")->optimization_goal == 80);
  CHECK(with("proactiveRatio", "0")->proactive_ratio == 0);
  CHECK(with("refreshPeriod", "5s")->refresh_period == Duration{5s});
  CHECK_FALSE(with("enabled", "false")->enabled);
  CHECK(with("optimizationTarget", "SERVICE_LEVEL")->optimization_target ==
        OptimizationTarget::service_level);
  CHECK(with("service_level_seconds", "30")->service_level_seconds == 30);
  CHECK(with("abandonment_threshold", "5")->abandonment_threshold == 5);
  CHECK(with("max_pending_per_agent", "100")->max_pending_per_agent == 100);
  CHECK(with("capacity", "3")->capacity == 3);
  CHECK(with("weight", "4")->weight == 4);
  CHECK(with("time_zone", "Europe/Berlin")->time_zone.name() == "Europe/Berlin");
  CHECK(with("day_begins", "04:30")->day_begins == 270min);
  CHECK(with("rolling_days", "30")->rolling_days == 30);
}

TEST_CASE("the vendor's misspelling of abandonment is understood", "[base]") {
  CHECK(with("optimizationTarget", "ABANDONEMENT_RATE"));
}

TEST_CASE("options out of range are refused", "[base]") {
  const auto error = [](std::string_view name, std::string_view text) {
    const auto options = with(name, text);
    return options ? "none" : options.error().detail;
  };
  CHECK(error("optimizationGoal", "0") == "not in [1, 99]");
  CHECK(error("optimizationGoal", "99999999999") == "not in [1, 99]");
  CHECK(error("optimizationGoal", "3.5") == "not an integer");
  CHECK(error("optimizationGoal", "") == "not an integer");
  CHECK(error("proactiveRatio", "101") == "not in [0, 100]");
  CHECK(error("service_level_seconds", "0") == "not in [1, 3600]");
  CHECK(error("abandonment_threshold", "601") == "not in [0, 600]");
  CHECK(error("max_pending_per_agent", "0") == "not in [1, 100]");
  CHECK(error("capacity", "101") == "not in [1, 100]");
  CHECK(error("weight", "0") == "not in [1, 1000]");
  CHECK(error("refreshPeriod", "50ms") == "not in [100ms, 1m]");
  CHECK(error("algorithm", "PREDICTIVE_C").starts_with("not one of SUPER_PROGRESSIVE, "));
  CHECK(error("optimizationTarget", "SPEED") ==
        "not one of ABANDONMENT_RATE, BUSY_FACTOR, SERVICE_LEVEL");
  CHECK(error("enabled", "yes") == "not true or false");
  CHECK(error("time_zone", "Europe/Berlinn") ==
        "no time zone of this name; the nearest is Europe/Berlin");
  for (const char* wrong : {"24:00", "4:30", "04:60", "0430", "", "04:3x", "-1:00"})
    CHECK(error("day_begins", wrong) == "not a time of day from 00:00 to 23:59");
  CHECK(error("rolling_days", "367") == "not in [0, 366]");
}

TEST_CASE("every option is written as it is read", "[base][property]") {
  REQUIRE(rc::check([] {
    const PacingOptions options{
        .algorithm = static_cast<Algorithm>(*rc::gen::inRange(0, 4)),
        .optimization_target = static_cast<OptimizationTarget>(*rc::gen::inRange(0, 3)),
        .optimization_goal = *rc::gen::inRange(1, 100),
        .proactive_ratio = *rc::gen::inRange(0, 101),
        .refresh_period = *rc::gen::inRange(100, 60'001) * 1ms,
        .enabled = *rc::gen::arbitrary<bool>(),
        .service_level_seconds = *rc::gen::inRange(1, 3601),
        .abandonment_threshold = *rc::gen::inRange(0, 601),
        .max_pending_per_agent = *rc::gen::inRange(1, 101),
        .capacity = *rc::gen::inRange(1, 101),
        .weight = *rc::gen::inRange(1, 1001),
        .time_zone = *TimeZone::named(
            *rc::gen::element<std::string>("UTC", "Asia/Kathmandu", "Europe/London")),
        .day_begins = std::chrono::minutes{*rc::gen::inRange(0, 1440)},
        .rolling_days = *rc::gen::inRange(0, 367)};
    PacingOptions read;
    for (const PacingOption& option : pacing_options())
      RC_ASSERT(option.set(read, option.text(options)));
    RC_ASSERT(read == options);
  }));
}

}  // namespace paceline::test
