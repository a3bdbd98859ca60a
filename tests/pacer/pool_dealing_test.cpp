#include "services/pacer/pool_dealing.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;

TEST_CASE("a grant is in flight until the endpoint has sent it", "[pacer]") {
  PoolDealing dealing;
  dealing.see(100, false, 0);

  dealing.grant(3, 1);
  CHECK(dealing.in_flight() == 3);
  dealing.see(101, false, 2);
  CHECK(dealing.in_flight() == 2);
  dealing.see(103, false, 3);

  CHECK(dealing.in_flight() == 0);
  CHECK(dealing.dealt(3) == Approx(3).epsilon(0.01));
}

TEST_CASE("a grant that is taken back is no longer in flight", "[pacer]") {
  PoolDealing dealing;
  dealing.see(0, false, 0);
  dealing.grant(3, 1);

  dealing.grant(0, 2);

  CHECK(dealing.in_flight() == 0);
}

TEST_CASE("who does not send his grants is short of visitors, and no longer when he does",
          "[pacer]") {
  PoolDealing dealing;
  dealing.see(0, false, 0);
  dealing.grant(5, 0);
  dealing.see(2, false, 7);

  dealing.lapse(6);

  CHECK(dealing.short_of_visitors());
  CHECK(dealing.limit() == 3);      // One more than the two that were taken,
  CHECK(dealing.in_flight() == 2);  // and only those count.
  std::uint64_t sent = 2;
  double now_s = 8;
  for (int round = 0; round < 3 && dealing.short_of_visitors(); ++round) {
    const double grant = dealing.limit();
    dealing.grant(0, now_s);
    dealing.grant(grant, now_s);
    sent += static_cast<std::uint64_t>(grant);
    dealing.see(sent, false, ++now_s);
    dealing.lapse(6);
  }
  CHECK_FALSE(dealing.short_of_visitors());
  CHECK(dealing.limit() > 1000);
}

TEST_CASE("without news from the endpoint no grant lapses", "[pacer]") {
  PoolDealing dealing;
  dealing.see(0, false, 0);
  dealing.grant(5, 1);

  dealing.see(0, false, 0);  // Told again much later, of the same instant.
  dealing.lapse(6);

  CHECK_FALSE(dealing.short_of_visitors());
  CHECK(dealing.in_flight() == 5);
}

TEST_CASE("a counter that begins anew counts for nothing", "[pacer]") {
  PoolDealing dealing;
  dealing.see(1000, false, 0);

  dealing.see(0, false, 1);
  dealing.see(5000, true, 2);

  CHECK(dealing.dealt(2) == 0);
}

}  // namespace paceline::test
