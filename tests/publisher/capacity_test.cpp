#include "services/publisher/capacity.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace publisher;

TEST_CASE("capacity follows from two sizes of publication", "[publisher]") {
  Capacity capacity;
  for (int i = 0; i < 20; ++i) {
    capacity.observe(10'000, 0.030);
    capacity.observe(110'000, 0.130);
  }

  REQUIRE(capacity.line());
  CHECK(capacity.line()->base_s == Approx(0.020));
  CHECK(capacity.line()->seconds_per_byte == Approx(1e-6));
  CHECK(*capacity.targets_within(1.0, 100) == Approx(9800));
  CHECK(*capacity.targets_within(0.01, 100) == 0);
}

TEST_CASE("capacity is not known from one size alone", "[publisher]") {
  Capacity capacity;
  for (int i = 0; i < 20; ++i) capacity.observe(10'000, 0.030 + i * 0.001);

  CHECK(!capacity.line());
}

}  // namespace paceline::test
