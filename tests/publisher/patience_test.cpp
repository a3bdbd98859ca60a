#include "services/publisher/patience.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace publisher;

TEST_CASE("patience doubles with each time-out up to its bound", "[publisher]") {
  Patience patience{1600ms, 6s};
  CHECK(patience.timeout() == 1600ms);

  patience.timed_out();
  CHECK(patience.timeout() == 3200ms);
  patience.timed_out();
  CHECK(patience.timeout() == 6s);
  patience.timed_out();
  CHECK(patience.timeout() == 6s);
}

TEST_CASE("patience shrinks after three quick answers in a row, and not below where it began",
          "[publisher]") {
  Patience patience{1600ms, 6s};
  patience.timed_out();

  patience.answered(800ms);
  patience.answered(800ms);
  patience.answered(801ms);
  CHECK(patience.timeout() == 3200ms);
  for (int i = 0; i < 3; ++i) patience.answered(800ms);
  CHECK(patience.timeout() == 1600ms);
  for (int i = 0; i < 30; ++i) patience.answered(1ms);
  CHECK(patience.timeout() == 1600ms);
}

TEST_CASE("an endpoint that stays slow is waited for, however often it answers", "[publisher]") {
  Patience patience{1600ms, 6s};
  patience.timed_out();

  for (int i = 0; i < 1000; ++i) patience.answered(1800ms);

  CHECK(patience.timeout() == 3200ms);
}

}  // namespace paceline::test
