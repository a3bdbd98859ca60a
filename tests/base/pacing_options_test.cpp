#include "common/base/pacing_options.h"

#include "tests/support/catch.h"

namespace paceline::test {
namespace {

Result<PacingOptions> parsed(std::string_view text, const PacingOptions& defaults = {}) {
  auto settings = Settings::parse(text, "targets.toml");
  REQUIRE(settings);
  return parse_pacing_options(*settings, defaults);
}

}  // namespace

TEST_CASE("options that are absent stay as in the defaults", "[base]") {
  const PacingOptions defaults{.optimization_goal = 7, .enabled = false};

  CHECK(parsed("", defaults) == defaults);
}

TEST_CASE("each algorithm and optimisation target is known by the vendor's word", "[base]") {
  const auto options = parsed(
      "algorithm = 'PREDICTIVE_B_DUAL'\noptimizationTarget = 'BUSY_FACTOR'\n"
      "optimizationGoal = 80\nproactiveRatio = 30\nrefreshPeriod = '5s'\n");

  REQUIRE(options);
  CHECK(options->algorithm == Algorithm::predictive_b_dual);
  CHECK(options->optimization_target == OptimizationTarget::busy_factor);
  CHECK(options->optimization_goal == 80);
  CHECK(options->proactive_ratio == 30);
  CHECK(options->refresh_period == Duration{5s});
}

TEST_CASE("the vendor's misspelling of abandonment is understood", "[base]") {
  const auto options = parsed("optimizationTarget = 'ABANDONEMENT_RATE'\n");

  REQUIRE(options);
  CHECK(options->optimization_target == OptimizationTarget::abandonment_rate);
}

TEST_CASE("options out of range are refused by name", "[base]") {
  for (const auto* text :
       {"optimizationGoal = 0", "optimizationGoal = 100", "proactiveRatio = 101",
        "refreshPeriod = '50ms'", "algorithm = 'PREDICTIVE_C'", "optimizationTarget = 'SPEED'"}) {
    CAPTURE(text);
    CHECK_FALSE(parsed(text));
  }
}

}  // namespace paceline::test
