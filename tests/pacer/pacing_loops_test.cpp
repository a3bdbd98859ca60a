// The control loops as a decision shows them: cuts,
// windows, what the loops of _DUAL do to each other.
#include <algorithm>
#include <cmath>

#include "services/pacer/pacing.h"
#include "tests/pacer/ten_agents.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;
namespace {

/// Ten agents, all free, whose stock no loop moves: what changes it is a cut.
struct FreeGroup {
  TargetPacing pacing{without_loops()};
  PacingInputs in = ten_agents(10);
  double full = 0;  // [invitations] m without a cut.

  FreeGroup() {
    for (int second = -9; second <= 0; ++second) full = at(second).m;
  }

  Decision at(double second) { return pacing.decide(in, {}, {}, 0.5, second); }

  static PacingTuning without_loops() {
    PacingTuning tuning = without_warm_up();
    tuning.closed_loop = tuning.budget_guard = tuning.sends_after_decision = false;
    return tuning;
  }
};

/// Learned state of a _DUAL target whose loops stand at these values.
Learned loops_at(double proactive, double reactive) {
  Learned learned;
  learned.answers_ever = 1000;
  learned.reactive_long = 1000;
  learned.proactive = {.started = true, .s = proactive};
  learned.reactive = {.started = true, .s = reactive};
  return learned;
}

Decision after_service(const Learned& learned, std::uint64_t proactive, std::uint64_t reactive) {
  const PacingOptions dual{.algorithm = Algorithm::super_progressive_dual};
  TargetPacing pacing;
  pacing.restore(learned, 0);
  PacingInputs in = ten_agents(4);
  pacing.decide(in, dual, {}, 0.5, 1);
  in.answered += proactive + reactive;
  in.entered += proactive + reactive;
  in.proactive.answered += proactive;
  return pacing.decide(in, dual, {}, 0.5, 2);
}

}  // namespace

TEST_CASE("a burst that goes on halves the stock again, but not before fifteen seconds",
          "[pacer]") {
  FreeGroup group;
  group.in.proactive.abandoned = 40;

  const Decision cut = group.at(2);

  CHECK(cut.reason == PaceReason::fast_cut);
  CHECK(cut.m == Approx(group.full / 2));
  CHECK(group.at(3).m == Approx(group.full / 2));
  CHECK(group.at(16.9).m == Approx(group.full / 2));
  CHECK(group.at(17).m == Approx(group.full / 4));
}

TEST_CASE("twenty outcomes, or half of them abandoned, are no burst", "[pacer]") {
  FreeGroup twenty;
  twenty.in.proactive.abandoned = 20;
  FreeGroup half;
  half.in.proactive.answered = half.in.proactive.abandoned = 20;

  CHECK(twenty.at(2).reason != PaceReason::fast_cut);
  CHECK(half.at(2).reason != PaceReason::fast_cut);
}

TEST_CASE("a cut recovers once the burst is a minute old, by doubling in a minute", "[pacer]") {
  FreeGroup group;
  group.in.proactive.abandoned = 40;
  for (int second = 2; second < 17; ++second) group.at(second);  // One cut: half.
  group.in.proactive.answered = 41;  // As many served: no burst any more.

  for (int second = 17; second < 47; ++second) group.at(second);
  const double half_way = group.at(47).m;
  for (int second = 48; second < 80; ++second) group.at(second);
  const Decision recovered = group.at(80);

  CHECK(half_way == Approx(group.full * std::exp2(-0.5)).epsilon(0.02));
  CHECK(recovered.m == Approx(group.full));
  CHECK(recovered.reason != PaceReason::fast_cut);
}

TEST_CASE("what a window has is learned from a whole one, not from a part", "[pacer]") {
  PacingTuning tuning = without_warm_up();
  tuning.window_s = 1000;
  TargetPacing pacing{tuning};
  PacingInputs in = ten_agents(4);
  const auto play = [&](int from_s, int until_s) {
    for (int second = from_s; second < until_s; second += 10) {
      ++in.proactive.answered;
      pacing.decide(in, {}, {}, 0.5, second);
    }
    return pacing.learned().proactive;
  };

  play(200, 1000);
  const LoopLearned after_part = play(1000, 1010);
  const LoopLearned after_whole = play(1010, 2010);

  CHECK(after_part.window_outcomes == 0);
  CHECK(after_part.outcomes == 1);
  CHECK(after_whole.window_outcomes == 100);
  CHECK(after_whole.outcomes == 1);
}

TEST_CASE("a loop of _DUAL that does not bind stays where it was", "[pacer]") {
  CHECK(after_service(loops_at(-3, -6), 1000, 0).explanation.aggressiveness == Approx(-3));
  CHECK(after_service(loops_at(-6, -3), 0, 1000).explanation.aggressiveness_reactive == Approx(-3));
}

TEST_CASE("a loop of _DUAL rises no more than 0.7 above the other", "[pacer]") {
  const Decision d = after_service(loops_at(-5, -5), 3000, 0);

  CHECK(d.explanation.aggressiveness ==
        Approx(d.explanation.aggressiveness_reactive + 0.7).margin(1e-9));
}

TEST_CASE("without _DUAL nothing bounds a loop but its range", "[pacer]") {
  TargetPacing pacing;
  pacing.restore(loops_at(-5, -5), 0);
  PacingInputs in = ten_agents(4);
  pacing.decide(in, {}, {}, 0.5, 1);
  in.proactive.answered = 3000;

  CHECK(pacing.decide(in, {}, {}, 0.5, 2).explanation.aggressiveness > -5 + 2);
}

TEST_CASE("until enough answers are known outcomes are counted but move no loop", "[pacer]") {
  TargetPacing pacing{PacingTuning{.warm_up_answers = 20}};
  PacingInputs in = ten_agents(4);
  const double before = pacing.decide(in, {}, {}, 0.5, 1).explanation.aggressiveness;
  in.proactive.answered = 10;
  in.proactive.abandoned = 10;

  const Decision d = pacing.decide(in, {}, {}, 0.5, 2);

  CHECK(d.explanation.aggressiveness == before);
  CHECK(d.explanation.outcomes == 20);
  CHECK(d.explanation.proactive_abandonment == 0.5);
}

}  // namespace paceline::test
