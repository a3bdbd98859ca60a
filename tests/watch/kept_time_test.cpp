#include "services/watch/kept_time.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace watch;

namespace {

constexpr WallTime noon{std::chrono::hours{500'000}};
constexpr Instant at_three{std::chrono::hours{3}};
constexpr Duration forty_days = std::chrono::hours{40 * 24};

}  // namespace

TEST_CASE("time that passes as it should is the wall's", "[watch]") {
  KeptTime time;

  for (int i = 0; i < 100; ++i)
    CHECK(time.note(at_three + i * 1s, noon + i * 1s + i * 5ms, ClockAgreement::unknown) ==
          noon + i * 1s + i * 5ms);
  CHECK(!time.unconfirmed_jump());
}

TEST_CASE("a jump does not count until it has lasted, and time goes on meanwhile", "[watch]") {
  KeptTime time;
  time.note(at_three, noon, ClockAgreement::unknown);

  CHECK(time.note(at_three + 1s, noon + 1s + forty_days, ClockAgreement::differ) == noon + 1s);
  CHECK(time.unconfirmed_jump() == forty_days);
  CHECK(time.note(at_three + 75s, noon + 75s + forty_days, ClockAgreement::differ) == noon + 75s);

  SECTION("a clock that is set right again leaves no trace") {
    CHECK(time.note(at_three + 76s, noon + 76s, ClockAgreement::agree) == noon + 76s);
    CHECK(!time.unconfirmed_jump());
  }
  SECTION("after ten minutes it counts") {
    CHECK(time.note(at_three + 601s, noon + 601s + forty_days, ClockAgreement::differ) ==
          noon + 601s + forty_days);
    CHECK(!time.unconfirmed_jump());
  }
  SECTION("as soon as the peers say the same it counts") {
    CHECK(time.note(at_three + 80s, noon + 80s + forty_days, ClockAgreement::agree) ==
          noon + 80s + forty_days);
  }
  SECTION("a second jump does not begin the wait anew") {
    time.note(at_three + 400s, noon + 400s + 2 * forty_days, ClockAgreement::unknown);
    CHECK(time.note(at_three + 601s, noon + 601s + 2 * forty_days, ClockAgreement::unknown) ==
          noon + 601s + 2 * forty_days);
  }
}

TEST_CASE("a jump backwards is one too", "[watch]") {
  KeptTime time;
  time.note(at_three, noon, ClockAgreement::agree);

  CHECK(time.note(at_three + 1s, noon - 3600s, ClockAgreement::differ) == noon + 1s);
  CHECK(time.unconfirmed_jump() == -3601s);
}

TEST_CASE("nothing is forgotten after a start until a peer agrees or time has passed", "[watch]") {
  KeptTime time;

  time.note(at_three, noon + forty_days, ClockAgreement::differ);
  CHECK_FALSE(time.may_forget());
  time.note(at_three + 599s, noon + forty_days + 599s, ClockAgreement::unknown);
  CHECK_FALSE(time.may_forget());

  SECTION("a peer agrees") {
    time.note(at_three + 600s - 1ms, noon + forty_days + 600s, ClockAgreement::agree);
    CHECK(time.may_forget());
  }
  SECTION("ten minutes have passed") {
    time.note(at_three + 600s, noon + forty_days + 600s, ClockAgreement::unknown);
    CHECK(time.may_forget());
  }
}

}  // namespace paceline::test
