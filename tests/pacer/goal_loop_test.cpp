#include "services/pacer/goal_loop.h"

#include <cmath>
#include <cstdint>

#include "tests/support/catch.h"

// After ours: rapidcheck's own headers know nothing of CHECK.
#include <rapidcheck.h>

namespace paceline::test {
using namespace pacer;

TEST_CASE("while s is free the loop holds abandonment on its share", "[pacer][property]") {
  REQUIRE(rc::check([] {
    const double allowed = 0.03;
    const double gain = 0.05;
    GoalLoop loop;
    loop.start(-3, {-100, 100});
    double served = 0;
    double lost = 0;
    for (const bool gone : *rc::gen::container<std::vector<bool>>(rc::gen::arbitrary<bool>())) {
      loop.learn(!gone, gone, allowed, gain, {-100, 100}, true);
      (gone ? lost : served) += 1;
    }

    RC_ASSERT(std::abs(lost - allowed * (served + lost) - (-3 - loop.learned.s) / gain) < 1e-6);
  }));
}

TEST_CASE("a window over its budget makes careful, one under it bold, the later the more",
          "[pacer]") {
  GoalLoop over;
  over.learn(100, 10, 0.03, 0.05, {}, false);
  GoalLoop under;
  under.learn(300, 0, 0.03, 0.05, {}, false);

  CHECK(over.budget_correction(0.03, 1000) < 0);
  CHECK(over.budget_correction(0.03, 100) < over.budget_correction(0.03, 1000));
  CHECK(over.budget_correction(0.03, 0) == -5);
  CHECK(under.budget_correction(0.03, 1000) > 0);
  CHECK(under.budget_correction(0.03, 0) == Approx(0.7));
}

TEST_CASE("another window begins from nothing, knows what a whole one had, and leaves s",
          "[pacer]") {
  GoalLoop loop;
  loop.start(-3, {});
  loop.learn(190, 10, 0.03, 0.05, {}, false);

  loop.next_window(true);
  CHECK(loop.excess(0.03) == 0);
  CHECK(loop.learned.window_outcomes == 200);
  CHECK(loop.learned.s == -3);
  loop.learn(50, 0, 0.03, 0.05, {}, false);
  loop.next_window(false);
  CHECK(loop.learned.window_outcomes == 200);
}

// Interactions of a window abandon with a chance that answers to s as an exact model's would.
void play_window(GoalLoop& loop, int outcomes, std::uint64_t& seed) {
  const double allowed = 0.03;
  for (int i = 0; i < outcomes; ++i) {
    const double v = loop.budget_correction(allowed, outcomes - i);
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    const double draw = static_cast<double>(seed >> 11) * 0x1.0p-53;
    const double gone = draw < std::exp(loop.learned.s + v) ? 1 : 0;
    loop.learn(1 - gone, gone, allowed * std::exp(v), 0.05, {}, true);
  }
}

// Of a window whose loop starts with s wrong by `error`.
double window_excess(double error, int outcomes, std::uint64_t seed) {
  const double allowed = 0.03;
  GoalLoop loop;
  loop.start(std::log(allowed) + error, {});
  play_window(loop, outcomes, seed);
  return loop.excess(allowed);
}

TEST_CASE("a window ends at its budget, however wrong s was when it began", "[pacer][property]") {
  const double error = GENERATE(-1.0, 0.0, 0.7);
  double sum = 0;
  double squares = 0;
  constexpr int windows = 400;
  for (std::uint64_t seed = 1; seed <= windows; ++seed) {
    const double excess = window_excess(error, 1500, seed * 7919);
    sum += excess;
    squares += excess * excess;
  }
  const double mean = sum / windows;

  CAPTURE(error, mean);
  CHECK(std::abs(mean) < 2);                  // [interactions] of 45.
  CHECK(std::sqrt(squares / windows) < 2.5);  // By chance alone, with s exact: 6.6.
}

TEST_CASE("what windows end with beyond their budget is made good before it comes", "[pacer]") {
  constexpr double burst = 4;  // [interactions] abandoned when the agents leave for the night.
  const double allowed = 0.03;
  GoalLoop loop;
  loop.start(std::log(allowed), {});
  std::uint64_t seed = 7919;
  double first = 0;
  double later = 0;
  for (int window = 0; window < 60; ++window) {
    play_window(loop, 1500, seed);
    loop.learn(0, burst, allowed, 0.05, {}, true);
    (window < 3 ? first : later) += loop.excess(allowed) / (window < 3 ? 3 : 57);
    loop.learn_closing(allowed);
    loop.next_window(true);
  }

  CHECK(first > 2);
  CHECK(std::abs(later) < 0.5);
  CHECK(loop.learned.closing_excess == Approx(burst).margin(2));
}

TEST_CASE("what a window ends with is bounded, and nothing where it ends below its budget",
          "[pacer]") {
  GoalLoop lost;
  GoalLoop kept;
  for (int window = 0; window < 100; ++window) {
    lost.learn(0, 100, 0.03, 0.05, {}, true);
    lost.learn_closing(0.03);
    lost.next_window(true);
    kept.learn(100, 0, 0.03, 0.05, {}, true);
    kept.learn_closing(0.03);
    kept.next_window(true);
  }

  CHECK(lost.learned.closing_excess == Approx(0.3 * 0.03 * 100));
  CHECK(kept.learned.closing_excess == 0);
  CHECK(lost.excess_quantile() <= 10);
  CHECK(kept.excess_quantile() >= 1);
}

TEST_CASE("the margin below the goal follows how much the ends of windows vary", "[pacer]") {
  GoalLoop calm;
  GoalLoop wild;
  for (int window = 0; window < 60; ++window) {
    for (auto* loop : {&calm, &wild}) {
      const double off = loop == &wild ? (window % 2 == 0 ? 3 : -3) : 0;
      loop->learn(970 - off, 30 + off, 0.03, 0.05, {}, true);
      loop->learn_closing(0.03);
      loop->next_window(true);
    }
  }

  CHECK(calm.excess_quantile() == Approx(1));
  CHECK(wild.excess_quantile() == Approx(2.26 * 3).margin(0.1));
}

TEST_CASE("a loop begins where it is told, within its range, and once", "[pacer]") {
  GoalLoop loop;
  CHECK(!loop.begun());
  loop.start(-20, {-9, -1});
  CHECK(loop.learned.s == -9);
  loop.start(-3, {-9, -1});
  CHECK(loop.learned.s == -9);
  CHECK(loop.begun());
  loop.start(-3, {-5, -1});
  CHECK(loop.learned.s == -5);

  loop.learned.s = std::nan("");
  CHECK(!loop.begun());
  loop.start(-3, {-9, -1});
  CHECK(loop.learned.s == -3);
}

TEST_CASE("served and abandoned move s by the gain, and count", "[pacer]") {
  GoalLoop loop;
  loop.start(-3, {-9, -1});

  loop.learn(10, 2, 0.1, 0.05, {-9, -1}, true);
  CHECK(loop.learned.s == Approx(-3 + 0.05 * (0.1 * 10 - 0.9 * 2)));
  CHECK(loop.learned.outcomes == 12);
  CHECK(loop.learned.abandoned == 2);
  CHECK(loop.excess(0.1) == Approx(2 - 1.2));
  loop.learn(0, 1000, 0.1, 0.05, {-9, -1}, true);
  CHECK(loop.learned.s == -9);
  loop.relax(-3, 0.25);
  CHECK(loop.learned.s == Approx(-7.5));
}

TEST_CASE("the correction spreads what is over the budget on what is left", "[pacer]") {
  GoalLoop loop;
  loop.learn(190, 10, 0.03, 0.05, {}, false);
  loop.learned.closing_excess = 2;

  CHECK(loop.budget_correction(0.03, 400) == Approx(-(10 - 6 + 2) / (0.03 * 400 + 0.4)));
}

TEST_CASE("what a window ends with is learned by a quarter, its square by a tenth", "[pacer]") {
  GoalLoop loop;
  loop.learn(960, 40, 0.03, 0.05, {}, false);

  loop.learn_closing(0.03);  // 10 beyond 30, of which 9 count.
  CHECK(loop.learned.closing_excess == Approx(0.25 * 9));
  CHECK(loop.learned.closing_square == Approx(1 + 0.1 * (81 - 1)));
  CHECK(loop.excess_quantile() == Approx(2.26 * 3));
  loop.next_window(true);
  CHECK(loop.learned.window_outcomes == 1000);
  CHECK(loop.learned.abandoned == 0);

  loop.learn(496, 4, 0.03, 0.05, {}, false);
  loop.learn_closing(0.03);  // 11 below 15, of which 4.5 count.
  CHECK(loop.learned.closing_excess == Approx(0.25 * 9 - 0.25 * 4.5));
  loop.next_window(true);
  CHECK(loop.learned.window_outcomes == 750);
  CHECK(loop.learned.outcomes == 0);
}

TEST_CASE("the margin of a window is one interaction at least and ten at most", "[pacer]") {
  GoalLoop loop;
  loop.learned.closing_square = 0.1;
  CHECK(loop.excess_quantile() == 1);
  loop.learned.closing_square = 100;
  CHECK(loop.excess_quantile() == 10);
}

}  // namespace paceline::test
