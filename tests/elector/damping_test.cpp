#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include "services/elector/damping.h"

namespace paceline::test {
using namespace elector;
namespace {

constexpr Instant start{1000s};

}  // namespace

TEST_CASE("three losses in a row suppress a node, and time heals it", "[elector]") {
  Damping damping;
  damping.lost_mastership(start);
  damping.lost_mastership(start + 1s);
  CHECK_FALSE(damping.suppressed(start + 1s));

  damping.lost_mastership(start + 2s);

  CHECK(damping.suppressed(start + 2s));
  CHECK(damping.suppressed(start + 60s));
  CHECK_FALSE(damping.suppressed(start + 130s));
}

TEST_CASE("a node that goes on losing is suppressed for 300 s at most", "[elector]") {
  Damping damping;
  for (int i = 0; i < 100; ++i) damping.lost_mastership(start);

  CHECK(damping.suppressed(start + 299s));
  CHECK_FALSE(damping.suppressed(start + 300s));
}

}  // namespace paceline::test
