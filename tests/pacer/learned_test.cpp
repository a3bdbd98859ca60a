#include "services/pacer/learned.h"

#include <cmath>
#include <limits>

#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;
namespace {

/// An evening's worth.
Learned experienced() {
  Learned learned{{.accepted = 40, .answers = 100, .pending_s = 900, .answers_ever = 700}};
  learned.service = {.ends = 120, .exposure_s = 28'800};
  learned.service.bin_ends[9] = 30;
  learned.wrap_up = {.ends = 110, .exposure_s = 2'200};
  learned.queue_s = 500;
  learned.queue_abandoned = 9;
  learned.reactive_rate = -0.01;
  learned.proactive = {.started = true, .s = -4, .outcomes = 60, .abandoned = 2};
  learned.reactive_long = 90;
  learned.unserved_long = 4;
  return learned;
}

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double endless = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("what is within its ranges is kept as it is", "[pacer]") {
  CHECK(sanitised(experienced()) == experienced());
  CHECK(sanitised(Learned{}) == Learned{});
}

TEST_CASE("a value that is no number counts as nothing, one beyond its range as the range's end",
          "[pacer]") {
  using Member = double& (*)(Learned&);
  struct Case {
    Member member;
    double low, high;
  };
  const Case cases[] = {
      {[](Learned& l) -> double& { return l.answers; }, 0, 1e9},
      {[](Learned& l) -> double& { return l.pending_s; }, 0, 1e12},
      {[](Learned& l) -> double& { return l.service.ends; }, 0, 1e9},
      {[](Learned& l) -> double& { return l.service.bin_ends[27]; }, 0, 1e9},
      {[](Learned& l) -> double& { return l.wrap_up.bin_exposure_s[0]; }, 0, 1e12},
      {[](Learned& l) -> double& { return l.reactive_rate; }, -1e4, 1e4},
      {[](Learned& l) -> double& { return l.smoothed_s; }, 0, 600},
      {[](Learned& l) -> double& { return l.occupancy; }, 0, 1},
      {[](Learned& l) -> double& { return l.busy_factor; }, 0, 1},
      {[](Learned& l) -> double& { return l.integral; }, -0.3, 0.3},
      {[](Learned& l) -> double& { return l.proactive.s; }, -100, 20},
      {[](Learned& l) -> double& { return l.reactive.closing_square; }, 0, 1e9},
      {[](Learned& l) -> double& { return l.window_s; }, 0, 1e9},
  };
  for (const auto& [member, low, high] : cases) {
    const auto repaired = [&, of = member](double value) {
      Learned learned;
      of(learned) = value;
      Learned clean = sanitised(learned);
      return of(clean);
    };

    CHECK(repaired(not_a_number) == low);
    CHECK(repaired(endless) == high);
    CHECK(repaired(-endless) == low);
    CHECK(repaired(high) == high);
    CHECK(repaired(low) == low);
  }
}

TEST_CASE("no part is more than its whole", "[pacer]") {
  Learned learned = experienced();
  learned.accepted = 101;
  learned.proactive.abandoned = 61;
  learned.unserved_long = 91;

  const Learned clean = sanitised(learned);

  CHECK(clean.accepted == 100);
  CHECK(clean.proactive.abandoned == 60);
  CHECK(clean.unserved_long == 90);
}

TEST_CASE("a channel knows the sum of its targets, each counting as two hundred samples at most",
          "[pacer]") {
  ChannelPool pool;
  pool.add(experienced());
  CHECK(pool.answers == 100);
  CHECK(pool.accepted == 40);
  CHECK(pool.pending_s == 900);
  CHECK(pool.service_ends == 120);
  CHECK(pool.service_s == 28'800);
  CHECK(pool.wrap_up_ends == 110);
  CHECK(pool.wrap_up_s == 2'200);
  CHECK(pool.queue_abandoned == 9);
  CHECK(pool.queue_s == 500);

  Learned large = experienced();
  large.answers = 2000;
  large.accepted = 1000;
  large.service = {.ends = 400, .exposure_s = 40'000};
  pool.add(large);

  CHECK(pool.answers == Approx(300));
  CHECK(pool.accepted == Approx(40 + 100));  // Its share counts as before: one half.
  CHECK(pool.service_ends == Approx(320));
  CHECK(pool.service_s == Approx(28'800 + 20'000));
  CHECK(pool.wrap_up_ends == Approx(220));
}

TEST_CASE("each value has its range", "[pacer]") {
  using Member = double& (*)(Learned&);
  const std::pair<Member, double> above_zero[] = {
      {[](Learned& l) -> double& { return l.answers_ever; }, 1e15},
      {[](Learned& l) -> double& { return l.queue_s; }, 1e12},
      {[](Learned& l) -> double& { return l.queue_abandoned; }, 1e9},
      {[](Learned& l) -> double& { return l.proactive_share; }, 1},
      {[](Learned& l) -> double& { return l.window_seen_s; }, 1e9},
      {[](Learned& l) -> double& { return l.unserved; }, 1e9},
      {[](Learned& l) -> double& { return l.reactive_long; }, 1e12},
      {[](Learned& l) -> double& { return l.service.exposure_s; }, 1e12},
      {[](Learned& l) -> double& { return l.wrap_up.ends; }, 1e9},
      {[](Learned& l) -> double& { return l.wrap_up.bin_ends[0]; }, 1e9},
      {[](Learned& l) -> double& { return l.service.bin_exposure_s[27]; }, 1e12},
      {[](Learned& l) -> double& { return l.proactive.outcomes; }, 1e9},
      {[](Learned& l) -> double& { return l.reactive.window_outcomes; }, 1e9},
      {[](Learned& l) -> double& { return l.proactive.closing_excess; }, 1e9}};
  for (const auto& [member, high] : above_zero) {
    const auto repaired = [of = member](double value) {
      Learned learned;
      of(learned) = value;
      Learned clean = sanitised(learned);
      return of(clean);
    };

    CHECK(repaired(1.5 * high) == high);
    CHECK(repaired(high) == high);
    CHECK(repaired(-1) == 0);
  }
}

TEST_CASE("two hundred samples of each kind are the most of one target", "[pacer]") {
  Learned large;
  large.answers = large.service.ends = large.wrap_up.ends = large.queue_abandoned = 800;
  large.accepted = large.pending_s = 400;
  large.service.exposure_s = large.wrap_up.exposure_s = large.queue_s = 4000;
  ChannelPool pool;

  pool.add(large);
  pool.add(large);

  for (const double samples :
       {pool.answers, pool.service_ends, pool.wrap_up_ends, pool.queue_abandoned})
    CHECK(samples == Approx(400));
  for (const double sum : {pool.accepted, pool.pending_s}) CHECK(sum == Approx(200));
  for (const double sum : {pool.service_s, pool.wrap_up_s, pool.queue_s})
    CHECK(sum == Approx(2000));
}

}  // namespace paceline::test
