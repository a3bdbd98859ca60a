#include "services/pacer/abandonment_spread.h"

#include <cmath>

#include "common/base/random.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;
namespace {

/// Ten minutes each in which `at_once` abandon together with a chance, else nobody.
AbandonmentSpread after(int periods, int at_once, double chance) {
  SplitMix64 random{3};
  AbandonmentSpread spread;
  for (int i = 0; i < periods; ++i)
    for (int minute = 0; minute < 10; ++minute) {
      const bool abandon = random.uniform() < chance;
      spread.follow(5, abandon ? at_once : 0, 60);
    }
  return spread;
}

}  // namespace

TEST_CASE("visitors who abandon one by one count once each", "[pacer]") {
  const AbandonmentSpread spread = after(500, 1, 0.1);

  CHECK(spread.ratio() < 1.5);
  CHECK(spread.counts_for() == 1);
}

TEST_CASE("visitors who abandon together count more, within bounds", "[pacer]") {
  const AbandonmentSpread some = after(500, 2, 0.1);
  const AbandonmentSpread many = after(500, 40, 0.1);

  CHECK(some.counts_for() > 1.02);
  CHECK(some.counts_for() < many.counts_for());
  CHECK(many.counts_for() == 1.15);
}

TEST_CASE("nothing is said of few periods, and nights are none", "[pacer]") {
  AbandonmentSpread spread = after(29, 40, 0.1);
  CHECK(spread.ratio() == 1);

  for (int i = 0; i < 1000; ++i) spread.follow(0, 0, 60);

  CHECK(spread.learned.periods == 29);
}

TEST_CASE("what was learned of the spread is repaired", "[pacer]") {
  const SpreadLearned clean = sanitised({.mean = 0.0 / 0.0, .square = -1, .periods = 1e9});

  CHECK(clean == SpreadLearned{.mean = 0, .square = 0, .periods = 1000});
}

}  // namespace paceline::test
