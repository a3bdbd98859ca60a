#include "common/base/random.h"

#include "tests/support/catch.h"

namespace paceline::test {

TEST_CASE("splitmix64 draws what its authors' code draws from the seed 1234567", "[base]") {
  SplitMix64 random{1234567};

  CHECK(random.bits() == 6457827717110365317ull);
  CHECK(random.bits() == 3203168211198807973ull);
  CHECK(random.bits() == 9817491932198370423ull);
}

TEST_CASE("a kept state draws on where it was left, from 0 to below 1", "[base]") {
  SplitMix64 random{7};
  static_cast<void>(random.bits());
  SplitMix64 later{random.state()};

  for (int i = 0; i < 1000; ++i) {
    const double drawn = random.uniform();
    CHECK((drawn >= 0 && drawn < 1));
    CHECK(drawn == later.uniform());
  }
}

}  // namespace paceline::test
