#include "services/pacer/goals.h"

#include <cmath>

#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;

TEST_CASE("the share steered to is nearer to the goal the more interactions a window has",
          "[pacer]") {
  const PacingOptions options{.optimization_goal = 5};
  const PacingTuning tuning{.goal_share = 0.9};

  CHECK(share_of_goal(options, tuning, 10, 2) == Approx(0.05 * 0.9));
  CHECK(share_of_goal(options, tuning, 1000, 2) == Approx(0.05 * (1 - 2.0 / 50)));
  CHECK(share_of_goal(options, tuning, 1e6, 2) == Approx(0.05 * 0.99));
  CHECK(share_of_reactive_goal({.goal_share = 0.9, .reactive_goal_percent = 10}) == Approx(0.09));
}

TEST_CASE("BUSY_FACTOR may abandon three times the default goal", "[pacer]") {
  const PacingOptions busy{.optimization_target = OptimizationTarget::busy_factor,
                           .optimization_goal = 80};

  CHECK(share_of_goal(busy, {.goal_share = 1}, 100, 1) == Approx(0.09));
}

TEST_CASE("until a window was seen it is one of ten hours at nine tenths of the slots", "[pacer]") {
  const Estimates estimates{.service_s = 240, .wrap_up_s = 60};

  CHECK(outcomes_a_window({}, 10, estimates) == Approx(0.9 * 10 * 36'000 / 300));
  CHECK(outcomes_a_window({.window_outcomes = 7}, 10, estimates) == 7);
}

TEST_CASE("a loop begins lower for a larger group, and QUANT at one standard deviation",
          "[pacer]") {
  CHECK(first_s({}, 0.03, 5) == Approx(std::log(0.03) - 0.1));
  CHECK(first_s({}, 0.03, 50) == Approx(std::log(0.03) - 0.1 - 0.45 * std::log(10.0)));
  CHECK(first_s({.algorithm = Algorithm::predictive_b}, 0.03, 50) == -1);
}

TEST_CASE("the reactive loop begins lower with the load of reactive visitors", "[pacer]") {
  const PacingOptions risk{.algorithm = Algorithm::super_progressive_dual};
  const PacingOptions quantile{.algorithm = Algorithm::predictive_b_dual};
  const auto below = [](const PacingOptions& options, double rate) {
    const Estimates estimates{.service_s = 200, .wrap_up_s = 50, .reactive_rate = rate};
    return first_reserve(options, {}, 10, estimates) - first_reserve(options, {}, 10, {});
  };

  CHECK(below(risk, 0.01) == Approx(-6 * 0.5));  // A quarter of the slots.
  CHECK(below(risk, 0.04) == Approx(-6));
  CHECK(below(quantile, 0.01) == Approx(-2 * 0.5));
}

TEST_CASE("the window's correction moves s within its range, for QUANT by as much risk",
          "[pacer]") {
  const PacingOptions quantile{.algorithm = Algorithm::predictive_b};

  CHECK(corrected_s({}, -4, -1) == Approx(-5));
  CHECK(corrected_s({}, -8, -5) == -9);
  CHECK(corrected_s({}, -0.1, 0.7) == -0.02);
  CHECK(corrected_s(quantile, -1, -1) == Approx(-1.4));
  CHECK(corrected_s(quantile, -5.9, -1) == -6);
}

TEST_CASE("a share that is steered to is neither nothing nor all", "[pacer]") {
  const PacingOptions one{.optimization_goal = 1};
  const PacingOptions all{.optimization_goal = 99};

  CHECK(share_of_goal(one, {.goal_share = 0.001}, 1, 10) == Approx(1e-4));
  CHECK(share_of_goal(all, {.goal_share = 2}, 1000, 1) == Approx(0.999));
  CHECK(share_of_goal(one, {.goal_share = 0.5}, 50, 0.2) == Approx(0.01 * 0.8));
  CHECK(share_of_reactive_goal({.goal_share = 1, .reactive_goal_percent = 0.001}) == Approx(1e-4));
  CHECK(share_of_reactive_goal({.goal_share = 1, .reactive_goal_percent = 200}) == Approx(0.999));
}

TEST_CASE("s has the range of its algorithm and its loop", "[pacer]") {
  const PacingOptions quantile{.algorithm = Algorithm::predictive_b_dual};
  const auto ends = [](LoopRange range) { return std::pair{range.low, range.high}; };

  CHECK(ends(range_of({})) == std::pair{-9.0, -0.02});
  CHECK(ends(reactive_range_of({})) == std::pair{-80.0, -0.02});
  CHECK(ends(range_of(quantile)) == std::pair{-6.0, 6.0});
  CHECK(ends(reactive_range_of(quantile)) == std::pair{-20.0, 6.0});
  CHECK(step_of_risk({}) == 1);
  CHECK(step_of_risk(quantile) == 0.4);
  CHECK(corrected_s(quantile, 5.9, 0.7) == 6);
  CHECK(uses_quantile(quantile));
  CHECK(uses_quantile({.algorithm = Algorithm::predictive_b}));
  CHECK(!uses_quantile({.algorithm = Algorithm::super_progressive_dual}));
  CHECK(by_busy_factor({.optimization_target = OptimizationTarget::busy_factor}));
  CHECK(!by_busy_factor({}));
}

TEST_CASE("a group of less than one slot is one of one", "[pacer]") {
  CHECK(first_s({}, 0.03, 0) == Approx(std::log(0.03) - 0.1 + 0.45 * std::log(5.0)));
  const Estimates estimates{.service_s = 200, .wrap_up_s = 50, .reactive_rate = 0.001};
  const PacingOptions dual{.algorithm = Algorithm::super_progressive_dual};
  CHECK(first_reserve(dual, {}, 0, estimates) - first_reserve(dual, {}, 0, {}) ==
        Approx(-6 * 2 * 0.25));
}

}  // namespace paceline::test
