#include "common/base/backoff.h"

#include <rapidcheck.h>

#include "tests/support/catch.h"

namespace paceline::test {

TEST_CASE("a timeout lies strictly inside the refresh period", "[base][property]") {
  REQUIRE(rc::check([] {
    const Duration period{*rc::gen::inRange<std::int64_t>(2, 60'000'000'000)};
    const double share = *rc::gen::inRange(1, 1000) / 1000.0;

    const Duration timeout = request_timeout(period, share);

    RC_ASSERT(timeout > Duration::zero());
    RC_ASSERT(timeout < period);
  }));
}

TEST_CASE("back-off doubles its bound up to the most and starts over", "[base]") {
  Backoff backoff{{.floor = 0s, .first = 1s, .most = 5s}};

  CHECK(backoff.next(0.5) == 500ms);
  CHECK(backoff.next(0.5) == 1s);
  CHECK(backoff.next(0.5) == 2s);
  CHECK(backoff.next(0.5) == 2500ms);
  CHECK(backoff.next(0.0) == 0s);
  backoff.reset();
  CHECK(backoff.next(0.5) == 500ms);
}

}  // namespace paceline::test
