#include "services/publisher/batch_limit.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace publisher;

TEST_CASE("a limit falls by what was too much, and rises again only after a time-out",
          "[publisher]") {
  BatchLimit limit{10'000};

  limit.timed_out(8000);
  CHECK(limit.limit() == 4000);
  limit.timed_out(50);  // So small a one says nothing about size.
  CHECK(limit.limit() == 4000);
  limit.accepted();
  limit.accepted();
  CHECK(limit.limit() == 10'000);

  CHECK(limit.too_large(6000));
  CHECK(limit.limit() == 3000);
  limit.accepted();
  CHECK(limit.limit() == 3000);
  for (int i = 0; i < 20; ++i) limit.too_large(limit.limit());
  CHECK(limit.limit() == 100);
  CHECK(!limit.too_large(100));
  limit.reset();
  CHECK(limit.limit() == 10'000);
}

TEST_CASE("an acceptance doubles a limit that a time-out halved", "[publisher]") {
  BatchLimit limit{10'000};
  limit.timed_out(10'000);
  limit.timed_out(5000);
  REQUIRE(limit.limit() == 2500);

  limit.accepted();

  CHECK(limit.limit() == 5000);
}

TEST_CASE("a request of a hundred targets is no smaller whatever becomes of it", "[publisher]") {
  BatchLimit limit{10'000};
  limit.timed_out(100);
  CHECK(limit.limit() == 10'000);
  limit.timed_out(101);
  CHECK(limit.limit() == 100);

  BatchLimit few{50};
  CHECK(!few.too_large(50));
  CHECK(few.limit() == 50);
}

}  // namespace paceline::test
