#include "services/pacer/hidden_lag.h"

#include <cmath>
#include <deque>

#include "common/base/random.h"
#include "services/pacer/pacing.h"
#include "tests/pacer/small_centre.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

// Acceptances at random, each of whom is seen to enter `lag_s` later; looked at each second.
struct Told {
  double accepted_rate = 0.04;  // [1/s] About that of ten agents with calls of four minutes.
  double reactive_rate = 0;
  double lag_s = 0;
  double told_age_s = 0;      // Of it, what the statistics admit.
  double feedback_age_s = 0;  // By which the feedback is late, and says so.
  SplitMix64 random{1};

  HiddenLag lag{};
  PacingInputs in{};
  double now_s = 1000;
  std::deque<double> accept_s{};
  std::deque<double> enter_s{};

  int drawn(double rate) {
    int count = 0;
    for (double left = -std::log1p(-random.uniform()); left < rate;
         left -= std::log1p(-random.uniform()))
      ++count;
    return count;
  }

  static std::uint64_t take(std::deque<double>& due, double until_s) {
    const auto due_now = [&](double at_s) { return at_s <= until_s; };
    return static_cast<std::uint64_t>(std::erase_if(due, due_now));
  }

  void step() {
    for (int i = drawn(accepted_rate); i > 0; --i) {
      const double at_s = now_s + random.uniform();
      accept_s.push_back(at_s);
      enter_s.push_back(at_s + lag_s);
    }
    for (int i = drawn(reactive_rate); i > 0; --i) enter_s.push_back(now_s + lag_s);
    now_s += 1;
    in.proactive.accepted += take(accept_s, now_s - feedback_age_s);
    in.entered += take(enter_s, now_s);
    in.stat_age_s = told_age_s;
    in.feedback_age_s = feedback_age_s;
    lag.observe(in, now_s);
  }

  void run(double for_s) {
    for (const double end_s = now_s + for_s; now_s < end_s;) step();
  }

  // [s] until the lag is known to be within 0.8 s of `expected_s`, and `limit_s` if it never is.
  double until(double expected_s, double limit_s) {
    const double began_s = now_s;
    while (now_s - began_s < limit_s && std::abs(lag.lag_s() - expected_s) > 0.8) step();
    return now_s - began_s;
  }
};

}  // namespace

TEST_CASE("a lag that nobody tells is known after some ten acceptances, and stays known",
          "[pacer]") {
  const double lag_s = GENERATE(1.0, 2.0, 5.0, 15.0, 28.0);
  double sum_s = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(lag_s, seed);
    Told told{.lag_s = lag_s, .random = SplitMix64{seed}};

    sum_s += told.until(lag_s, 1200);

    CHECK(std::abs(told.lag.lag_s() - lag_s) <= 0.8);
    for (int minute = 0; minute < 60; ++minute) {
      told.run(60);
      CHECK(std::abs(told.lag.lag_s() - lag_s) <= 0.8);
    }
  }
  CHECK(sum_s / 50 < 300);
}

TEST_CASE("without a lag there is none at any time", "[pacer]") {
  const auto [rate, reactive, late_s] = GENERATE(table<double, double, double>({{0.04, 0, 0},
                                                                                {0.04, 0.02, 0},
                                                                                {1.2, 0, 0},
                                                                                {1.2, 0.6, 0},
                                                                                {0.04, 0, 1},
                                                                                {1.2, 0, 1},
                                                                                {0.004, 0.004, 0},
                                                                                {20, 5, 1}}));
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    CAPTURE(rate, reactive, late_s, seed);
    Told told{.accepted_rate = rate,
              .reactive_rate = reactive,
              .feedback_age_s = late_s,
              .random = SplitMix64{seed}};

    double most_s = 0;
    for (int second = 0; second < 4 * 3600; ++second) {
      told.step();
      most_s = std::max(most_s, told.lag.lag_s());
    }

    CHECK(most_s == 0);
  }
}

TEST_CASE("what the statistics admit is no lag", "[pacer]") {
  Told told{.lag_s = 5, .told_age_s = 5};

  told.run(3600);

  CHECK(told.lag.lag_s() == 0);
}

TEST_CASE("what they admit too little is", "[pacer]") {
  Told told{.lag_s = 5, .told_age_s = 2};

  told.run(3600);

  CHECK(std::abs(told.lag.lag_s() - 3) <= 0.8);
}

TEST_CASE("a lag that changes is followed within minutes", "[pacer]") {
  const auto [from_s, to_s] =
      GENERATE(table<double, double>({{0, 5}, {5, 0}, {5, 2}, {2, 15}, {15, 2}}));
  double sum_s = 0;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(from_s, to_s, seed);
    Told told{.lag_s = from_s, .random = SplitMix64{seed}};
    told.run(3 * 3600);
    told.lag_s = to_s;

    sum_s += told.until(to_s, 3600);

    CHECK(std::abs(told.lag.lag_s() - to_s) <= 0.8);
  }
  CAPTURE(from_s, to_s);
  CHECK(sum_s / 50 < 360);
}

TEST_CASE("visitors who come by themselves do not hide a lag", "[pacer]") {
  const double lag_s = GENERATE(2.0, 5.0, 15.0);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    CAPTURE(lag_s, seed);
    Told told{.reactive_rate = 0.04, .lag_s = lag_s, .random = SplitMix64{seed}};

    told.until(lag_s, 3600);

    CHECK(std::abs(told.lag.lag_s() - lag_s) <= 0.8);
  }
}

TEST_CASE("no lag is made out of what has nothing to do with each other", "[pacer]") {
  int wrong = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    Told told{.reactive_rate = 0.04, .lag_s = 1e9, .random = SplitMix64{seed}};
    for (int second = 0; second < 4 * 3600; ++second) {
      told.step();
      wrong += told.lag.lag_s() > 0;
    }
  }
  CAPTURE(wrong);
  CHECK(wrong < 0.02 * 20 * 4 * 3600);
}

TEST_CASE("counters that restart, and a pause, leave a lag as it was", "[pacer]") {
  Told told{.lag_s = 5};
  told.run(3600);
  const double known_s = told.lag.lag_s();
  REQUIRE(std::abs(known_s - 5) <= 0.8);

  SECTION("the source's") {
    told.in.entered = 3;
    ++told.in.stat_epoch;
  }
  SECTION("the endpoint's") {
    told.in.proactive.accepted = 0;
    ++told.in.feedback_epoch;
  }
  SECTION("both after an hour") {
    told.now_s += 3600;
    told.in.entered += 100;
    told.in.proactive.accepted += 90;
  }
  told.step();

  CHECK(told.lag.lag_s() == known_s);
}

TEST_CASE("acceptances since an instant are counted to half a second", "[pacer]") {
  HiddenLag lag;
  PacingInputs in;
  for (int second = 0; second <= 60; ++second) {
    if (second % 10 == 0) in.proactive.accepted += 2;  // At 10, 20, .. 60.
    lag.observe(in, second);
  }

  CHECK(lag.accepted_since(60.5) == 0);
  CHECK(lag.accepted_since(59) == 2);
  CHECK(lag.accepted_since(49.9) == 4);
  CHECK(lag.accepted_since(-100) == 10);  // Not further back than 40 s.
}

TEST_CASE("a pacer reckons with the lag, but does not call the statistics stale", "[pacer]") {
  SmallCentre centre;
  std::deque<PacingInputs> shown;
  TargetPacing pacing;
  Decision decision;
  for (int second = 0; second < 3600; ++second) {
    centre.step();
    shown.push_back(centre.inputs());
    PacingInputs in = shown.front();
    if (shown.size() > 15) shown.pop_front();
    in.proactive = shown.back().proactive;  // The endpoint is not late.
    decision = pacing.decide(in, {}, {}, 0.5, centre.now_s);
    centre.invite(decision.invitations);
    if (second > 1800) CHECK(decision.state == PaceState::ok);
  }

  CHECK(std::abs(decision.explanation.hidden_lag_s - 14) <= 1.1);
}

TEST_CASE("RISK counts reactive visitors only where late statistics cost more than the loop has",
          "[pacer]") {
  CHECK(reactive_counted(0, -9) == 0);
  CHECK(reactive_counted(5, -3) == 0);
  CHECK(reactive_counted(5, -5) == Approx(0.5));
  CHECK(reactive_counted(5, -9) == 1);
}

}  // namespace paceline::test
