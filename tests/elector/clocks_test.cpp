#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include "services/elector/clocks.h"

namespace paceline::test {
using namespace elector;

TEST_CASE("a clock differs by the least of the last five words", "[elector]") {
  PeerClocks clocks;
  CHECK_FALSE(clocks.difference("b"));

  clocks.heard("b", 900ms);  // It waited somewhere.
  CHECK(clocks.difference("b") == 900ms);
  clocks.heard("b", -20ms);
  CHECK(clocks.difference("b") == -20ms);
  for (int i = 0; i < 4; ++i) clocks.heard("b", -7s);
  CHECK(clocks.difference("b") == -20ms);
  clocks.heard("b", -7s);
  CHECK(clocks.difference("b") == -7s);
  CHECK_FALSE(clocks.difference("c"));
}

TEST_CASE("nothing is known of the clock of a node that is gone", "[elector]") {
  PeerClocks clocks;
  clocks.heard("b", 3s);

  clocks.forget("b");

  CHECK_FALSE(clocks.difference("b"));
}

}  // namespace paceline::test
