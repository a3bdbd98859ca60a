#include "services/pacer/budget_reserve.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;

TEST_CASE("slots are held back while the loop is at its end and the budget is not kept",
          "[pacer]") {
  BudgetReserve reserve;
  reserve.follow(0, 100, 0.03, false, 5, 1);
  CHECK(reserve.slots() == 0);

  reserve.follow(10, 20, 0.03, true, 5, 1);
  CHECK(reserve.slots() == Approx(0.1 * (0.97 * 20 - 0.03 * 10)));
  reserve.follow(0, 1000, 0.03, true, 5, 1);
  CHECK(reserve.slots() == 5);
}

TEST_CASE("they come back within ten minutes once the budget is kept", "[pacer]") {
  BudgetReserve reserve;
  reserve.follow(0, 50, 0.03, true, 5, 1);

  reserve.follow(0, 0, 0.03, false, 5, 600);

  CHECK(reserve.slots() == Approx(0.1 * 0.97 * 50 / 2.718).epsilon(0.01));
}

}  // namespace paceline::test
