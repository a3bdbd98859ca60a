#include "services/pacer/due_times.h"

#include "tests/support/catch.h"

namespace paceline::test {
using pacer::DueTimes;

TEST_CASE("all targets are due at the start, and then each when its refresh period is over",
          "[pacer]") {
  DueTimes due{2};
  CHECK(due.is_due(0, 0));
  CHECK(due.is_due(1, 0));

  due.decided(0, 0, 2);
  due.decided(1, 0, 5);

  CHECK_FALSE(due.is_due(0, 1.9));
  CHECK(due.is_due(0, 2));
  CHECK_FALSE(due.is_due(1, 4.9));
  CHECK(due.is_due(1, 5));
}

TEST_CASE("a change is due at once, and does not move the refreshes after it", "[pacer]") {
  DueTimes due{1};
  due.decided(0, 0, 2);
  due.changed(0);
  CHECK(due.is_due(0, 0.5));

  due.decided(0, 0.5, 2);

  CHECK_FALSE(due.is_due(0, 1.9));
  CHECK(due.is_due(0, 2));
}

TEST_CASE("after a pause refreshes go on from then, not one for each that was missed", "[pacer]") {
  DueTimes due{1};
  due.decided(0, 0, 2);

  due.decided(0, 100, 2);

  CHECK_FALSE(due.is_due(0, 101.9));
  CHECK(due.is_due(0, 102));
}

TEST_CASE("a target that rests is left alone for so long, unless something changes", "[pacer]") {
  DueTimes due{3};
  due.decided(0, 0, 2, 45);
  due.decided(1, 0, 60, 45);
  due.decided(2, 0, 2, 45);

  CHECK_FALSE(due.is_due(0, 44));
  CHECK(due.is_due(0, 45));
  CHECK_FALSE(due.is_due(1, 59));  // Never sooner than its own period.
  due.changed(0);
  CHECK(due.is_due(0, 3));
  due.all_changed();
  CHECK(due.is_due(2, 3));
}

TEST_CASE("another index takes over what is known of a target", "[pacer]") {
  DueTimes before{2};
  before.decided(0, 0, 2);
  before.decided(1, 0, 7);
  DueTimes after{2};

  after.keep(0, before, 1);

  CHECK_FALSE(after.is_due(0, 6.9));
  CHECK(after.is_due(0, 7));
  CHECK(after.is_due(1, 0));
}

}  // namespace paceline::test
