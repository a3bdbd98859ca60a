#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include "services/elector/damping.h"
#include "tests/support/start.h"

namespace paceline::test {
using namespace elector;
namespace {}  // namespace

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

TEST_CASE("a loss costs 1000, and half of it is gone after 60 s", "[elector]") {
  Damping damping;
  CHECK(damping.penalty(start) == 0);

  damping.lost_mastership(start);

  CHECK(damping.penalty(start) == 1000);
  CHECK(damping.penalty(start + 60s) == Approx(500));
  CHECK(damping.penalty(start + 120s) == Approx(250));
  damping.lost_mastership(start + 60s);
  CHECK(damping.penalty(start + 60s) == Approx(1500));
}

TEST_CASE("from 2500 on a node is suppressed, until it is below 750", "[elector]") {
  Damping below;
  below.lost_mastership(start);
  below.lost_mastership(start);
  below.lost_mastership(start + 60500ms);  // 1000 of 2000 left, and a little less.
  CHECK_FALSE(below.suppressed(start + 60500ms));
  Damping damping;
  for (int i = 0; i < 3; ++i) damping.lost_mastership(start);

  CHECK(damping.suppressed(start));
  CHECK(damping.suppressed(start + 119s));  // 3000 halved twice is 750.
  CHECK_FALSE(damping.suppressed(start + 121s));
  CHECK(damping.penalty(start + 121s) == 0);
  CHECK_FALSE(damping.suppressed(start + 122s));
}

TEST_CASE("2500 suppresses, and a loss meanwhile does not begin the 300 s anew", "[elector]") {
  Damping twice;
  twice.lost_mastership(start);
  twice.lost_mastership(start);
  twice.lost_mastership(start + 24s);  // 1000 and three quarters of 2000, and a little more.
  CHECK(twice.suppressed(start + 24s));
  Damping damping;
  for (int i = 0; i < 100; ++i) damping.lost_mastership(start);
  for (int i = 0; i < 100; ++i) damping.lost_mastership(start + 200s);

  CHECK(damping.suppressed(start + 299s));
  CHECK_FALSE(damping.suppressed(start + 300s));
}

}  // namespace paceline::test
