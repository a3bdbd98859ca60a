#include "services/publisher/request_timeout.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace publisher;

TEST_CASE("the timeout of a request doubles with each time-out up to its bound", "[publisher]") {
  RequestTimeout timeout{1600ms, 6s};
  CHECK(timeout.value() == 1600ms);

  timeout.timed_out();
  CHECK(timeout.value() == 3200ms);
  timeout.timed_out();
  CHECK(timeout.value() == 6s);
  timeout.timed_out();
  CHECK(timeout.value() == 6s);
}

TEST_CASE(
    "the timeout of a request shrinks after three quick answers in a row, and not below where it "
    "began",
    "[publisher]") {
  RequestTimeout timeout{1600ms, 6s};
  timeout.timed_out();

  timeout.answered(800ms);
  timeout.answered(800ms);
  timeout.answered(801ms);
  CHECK(timeout.value() == 3200ms);
  for (int i = 0; i < 3; ++i) timeout.answered(800ms);
  CHECK(timeout.value() == 1600ms);
  for (int i = 0; i < 30; ++i) timeout.answered(1ms);
  CHECK(timeout.value() == 1600ms);
}

TEST_CASE("an endpoint that stays slow is waited for, however often it answers", "[publisher]") {
  RequestTimeout timeout{1600ms, 6s};
  timeout.timed_out();

  for (int i = 0; i < 1000; ++i) timeout.answered(1800ms);

  CHECK(timeout.value() == 3200ms);
}

TEST_CASE("answers are quick in a row only without a time-out or a shorter timeout between",
          "[publisher]") {
  RequestTimeout timeout{1s, 8s};
  for (int i = 0; i < 3; ++i) timeout.timed_out();
  REQUIRE(timeout.value() == 8s);

  timeout.answered(1ms);
  timeout.answered(1ms);
  timeout.timed_out();
  timeout.answered(1ms);
  CHECK(timeout.value() == 8s);
  timeout.answered(1ms);
  timeout.answered(1ms);
  CHECK(timeout.value() == 4s);
  timeout.answered(1ms);
  timeout.answered(1ms);
  CHECK(timeout.value() == 4s);
  timeout.answered(1ms);
  CHECK(timeout.value() == 2s);
}

}  // namespace paceline::test
