#include "services/pacer/own_grants.h"

#include <cmath>

#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;

TEST_CASE("what went out since the endpoint told is outstanding, less what was answered",
          "[pacer]") {
  OwnGrants grants;
  grants.add(4, 10, 0);
  grants.add(2, 12, 0);

  CHECK(grants.outstanding(10, 12, 12) == Approx(4 * std::exp(-0.2) + 2));
  CHECK(grants.outstanding(10, 12, 11) == Approx(4 * std::exp(-0.2)));
  grants.told(11);
  CHECK(grants.outstanding(10, 12, 12) == 2);
  grants.told(12.5);
  CHECK(grants.outstanding(10, 12, 12) == 0);
}

TEST_CASE("offers of one period count once, by the largest", "[pacer]") {
  OwnGrants grants;
  grants.replace(3, 10, 2);
  grants.replace(5, 11, 2);
  grants.replace(0, 11.5, 2);
  grants.replace(1, 12, 2);

  CHECK(grants.outstanding(1e9, 12, 12) == Approx(6));
}

TEST_CASE("however many grants there are, none is lost", "[pacer]") {
  OwnGrants grants;
  for (int i = 0; i < 1000; ++i) grants.add(1, i, i % 2);

  CHECK(grants.outstanding(1e12, 1000, 1000) == Approx(1000));
}

}  // namespace paceline::test
