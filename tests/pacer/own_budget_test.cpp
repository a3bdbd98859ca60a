#include "services/pacer/own_budget.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;

TEST_CASE("who is over his own budget takes less, who is below it no more", "[pacer]") {
  OwnBudget over;
  OwnBudget below;
  over.learn(95, 5, 0.03);
  below.learn(100, 0, 0.03);

  CHECK(over.correction(0.03, 0.5) < -0.3);
  CHECK(below.correction(0.03, 0.5) == 0);
}

TEST_CASE("an excess weighs the more the nearer the window's end is", "[pacer]") {
  OwnBudget budget;
  budget.learn(95, 5, 0.03);

  CHECK(budget.correction(0.03, 0.1) < budget.correction(0.03, 0.5));
}

TEST_CASE("what is so every day is learned beyond the window", "[pacer]") {
  OwnBudget budget;
  for (int day = 0; day < 10; ++day) {
    budget.learn(96, 4, 0.03);
    budget.next_window(true);
  }

  CHECK(budget.outcomes() == 0);
  CHECK(budget.correction(0.03, 1) < -0.2);
}

}  // namespace paceline::test
