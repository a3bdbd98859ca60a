#include "services/pacer/predictive.h"

#include "tests/support/catch.h"

// After ours: rapidcheck's own headers know nothing of CHECK.
#include <rapidcheck.h>

namespace paceline::test {
using namespace pacer;

TEST_CASE("the closed form gives the largest stock that keeps its inequality",
          "[pacer][property]") {
  REQUIRE(rc::check([] {
    const QuantileProblem q{.capacity = *rc::gen::inRange(-100, 5000) / 10.0,
                            .variance = *rc::gen::inRange(0, 500) / 10.0,
                            .acceptance = *rc::gen::inRange(1, 101) / 100.0};
    const double z = *rc::gen::inRange(0, 60) / 10.0;
    const auto load = [&](double m) {
      return q.acceptance * m + z * std::sqrt(q.variance + q.acceptance * (1 - q.acceptance) * m);
    };

    const double m = quantile_stock(q, z);

    RC_ASSERT(m >= 0);
    if (m > 0) RC_ASSERT(load(m) <= q.capacity + 1e-6);
    RC_ASSERT(load(m * 1.001 + 0.01) >= q.capacity - 1e-6);
  }));
}

TEST_CASE("BUSY_FACTOR asks for what is missing to the goal", "[pacer]") {
  const BusyProblem problem{
      .goal = 0.8, .slots = 100, .busy = 70, .expected_free = 2, .acceptance = 0.5};

  CHECK(busy_stock(problem) == Approx(24));
  CHECK(busy_integral(0.29, 0.99, 0.0, 900) == Approx(0.3));
  CHECK(busy_integral(0, 0.8, 0.9, 90) == Approx(-0.01));
}

TEST_CASE("the closed form at its edges", "[pacer]") {
  CHECK(quantile_stock({.capacity = 10, .variance = 4, .acceptance = 1}, 2) == Approx(6));
  CHECK(quantile_stock({.capacity = 3, .variance = 4, .acceptance = 1}, 2) == 0);
  CHECK(quantile_stock({.capacity = 10, .variance = 0, .acceptance = 0.5}, 0) == Approx(20));
  CHECK(quantile_stock({.capacity = -10, .variance = 0, .acceptance = 0.5}, 1) == 0);
  CHECK(quantile_stock({.capacity = -1, .variance = 0, .acceptance = 0.5}, 0) == 0);
  // p m + z sqrt(p (1 - p) m) with p = 1/2 and m = 16 is 8 + 2 z.
  CHECK(quantile_stock({.capacity = 6, .variance = 0, .acceptance = 0.5}, -1) == Approx(16));
  CHECK(quantile_stock({.capacity = 10, .variance = 0, .acceptance = 0.5}, 1) == Approx(16));
}

TEST_CASE("BUSY_FACTOR counts those who come and corrects by its integral", "[pacer]") {
  BusyProblem problem{.goal = 0.8,
                      .integral = 0.1,
                      .slots = 100,
                      .busy = 70,
                      .expected_free = 2,
                      .queue = 3,
                      .expected_reactive = 4,
                      .acceptance = 0.5};

  CHECK(busy_stock(problem) == Approx((90 - 75) / 0.5));
  problem.integral = -0.1;
  CHECK(busy_stock(problem) == 0);
  CHECK(busy_integral(-0.29, 0.01, 1, 900) == Approx(-0.3));
  CHECK(busy_integral(0.1, 0.8, 0.5, 9) == Approx(0.1 + 0.01 * 0.3));
}

}  // namespace paceline::test
