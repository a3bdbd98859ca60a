#include "services/pacer/rolling.h"

#include <rapidcheck.h>

#include <deque>
#include <numeric>

#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;

TEST_CASE("the days of a week are told one by one", "[pacer]") {
  RollingDays rolling;
  for (int day = 1; day <= 20; ++day)
    rolling.close_day({.outcomes = 100.0 * day, .abandoned = 1.0 * day}, 7);

  CHECK(rolling.sum(1).outcomes == 2000);
  CHECK(rolling.sum(6).outcomes == 100 * (15 + 16 + 17 + 18 + 19 + 20));
  CHECK(rolling.sum(6).abandoned == 15 + 16 + 17 + 18 + 19 + 20);
  CHECK(rolling.sum(0).outcomes == 0);
}

TEST_CASE("a year of equal days is told exactly", "[pacer]") {
  RollingDays rolling;
  for (int day = 0; day < 1000; ++day) rolling.close_day({.outcomes = 10, .abandoned = 1}, 366);

  CHECK(rolling.sum(365).outcomes == Approx(3650));
  CHECK(rolling.sum(365).abandoned == Approx(365));
}

TEST_CASE("days without anything push older ones out", "[pacer]") {
  RollingDays rolling;
  rolling.close_day({.outcomes = 100, .abandoned = 9}, 7);
  rolling.close_day({.outcomes = 50, .abandoned = 1}, 7, 3);
  CHECK(rolling.sum(6).outcomes == 150);

  rolling.close_day({.outcomes = 20, .abandoned = 0}, 7, 4);
  CHECK(rolling.sum(6).outcomes == Approx(20 + 50 * 2.0 / 3));

  rolling.close_day({.outcomes = 1, .abandoned = 0}, 7, 8);
  CHECK(rolling.sum(6).outcomes == Approx(6.0 / 7));
}

TEST_CASE("a target that no longer asks for a rolling window forgets it", "[pacer]") {
  RollingDays rolling;
  rolling.close_day({.outcomes = 100, .abandoned = 9}, 7);
  rolling.close_day({.outcomes = 100, .abandoned = 9}, 0);

  CHECK(rolling == RollingDays{});
  CHECK(rolling.reach() == 0);
}

TEST_CASE("a rolling sum is within what its blocks of days can tell", "[pacer][property]") {
  REQUIRE(rc::check([] {
    const int of = *rc::gen::inRange(1, 367);
    const auto days = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 500));
    RollingDays rolling;
    for (const int day : days) rolling.close_day({1.0 * day, 0.1 * day}, of);

    const RollingSum sum = rolling.sum(of - 1);

    const auto known = std::min<std::size_t>(days.size(), static_cast<std::size_t>(of - 1));
    const std::size_t block = static_cast<std::size_t>(std::max(1.0, std::ceil((of - 1) / 7.0)));
    double exact = 0;
    for (std::size_t i = 0; i < known; ++i) exact += days[days.size() - 1 - i];
    double edge = 0;  // The block at the far end may hold others of its days.
    for (std::size_t i = known < block ? 0 : known - block; i < known + block && i < days.size();
         ++i)
      edge += days[days.size() - 1 - i];
    RC_ASSERT(sum.outcomes >= exact - edge - 1e-6);
    RC_ASSERT(sum.outcomes <= exact + edge + 1e-6);
    RC_ASSERT(sum.abandoned <= sum.outcomes);
    if (of <= 8) RC_ASSERT(std::abs(sum.outcomes - exact) < 1e-6);
  }));
}

}  // namespace paceline::test
