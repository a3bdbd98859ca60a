#include "services/pacer/acceptance_collapse.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;

TEST_CASE("three hundred answers without an acceptance say that nobody accepts", "[pacer]") {
  AcceptanceCollapse collapse;
  collapse.follow(0, 299);
  CHECK(!collapse.unsure());

  collapse.follow(0, 1);

  CHECK(collapse.unsure());
  CHECK(!collapse.over());
}

TEST_CASE("one acceptance among them says that few do", "[pacer]") {
  AcceptanceCollapse collapse;
  for (int i = 0; i < 100; ++i) collapse.follow(i % 10 == 0 ? 1 : 0, 25);

  CHECK(!collapse.unsure());
}

TEST_CASE("when somebody accepts again, thirty answers must tell how many do", "[pacer]") {
  AcceptanceCollapse collapse;
  collapse.follow(0, 1000);

  collapse.follow(1, 1);

  CHECK(collapse.over());
  CHECK(collapse.unsure());
  collapse.follow(20, 29);
  CHECK(!collapse.over());
  CHECK(collapse.unsure());
  collapse.follow(1, 1);
  CHECK(!collapse.unsure());
}

}  // namespace paceline::test
