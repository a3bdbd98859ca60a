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

}  // namespace paceline::test
