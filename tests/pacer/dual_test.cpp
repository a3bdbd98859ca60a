// What invitations cost reactive visitors: told apart from what they would have lost anyway.
#include "services/pacer/dual.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "services/pacer/pacing.h"
#include "tests/support/catch.h"

// After ours: rapidcheck's own headers know nothing of CHECK.
#include <rapidcheck.h>

namespace paceline::test {
using namespace pacer;
namespace {

constexpr double slot_s = 240;

double uniform(std::uint64_t& seed) {
  seed = seed * 6364136223846793005ull + 1442695040888963407ull;
  return (static_cast<double>(seed >> 11) + 0.5) * 0x1p-53;
}

struct Lost {
  double reactive = 0;  // [interactions] gave up.
  double told = 0;      // [interactions] of them for an invited one, by AttributableAbandonment.
};

// A memoryless centre of ten slots, second by second. While `reserve` slots or more are free,
// visitors are invited so often that they take one in a minute.
Lost play(double load, int reserve, int seconds) {
  constexpr int slots = 10;
  constexpr double patience_s = 60;
  std::uint64_t seed = 7919;
  AttributableAbandonment displaced;
  Lost lost;
  int reactive = 0;
  int invited = 0;
  int waiting = 0;
  for (int second = 0; second < seconds; ++second) {
    AttributableAbandonment::Step step;
    const int served = reactive;
    const int guests = invited;
    for (int i = 0; i < served; ++i) reactive -= uniform(seed) < 1 / slot_s;
    for (int i = 0; i < guests; ++i) invited -= uniform(seed) < 1 / slot_s;
    const int queue = waiting;
    for (int i = 0; i < queue; ++i) step.reactive_abandoned += uniform(seed) < 1 / patience_s;
    waiting -= static_cast<int>(step.reactive_abandoned);
    waiting += uniform(seed) < load * slots / slot_s;
    while (waiting > 0 && reactive + invited < slots) --waiting, ++reactive, ++step.answered;
    if (slots - reactive - invited >= reserve && uniform(seed) < 1.0 / 60) {
      ++invited;
      step.proactive_answered = 1;
      ++step.answered;
    }
    step.held = reactive + invited;
    step.waiting = waiting;
    lost.told += displaced.follow(step);
    lost.reactive += step.reactive_abandoned;
  }
  return lost;
}

// Ten slots of a _DUAL target that are always busy while ten wait; every second visitor gives up.
// `invited` of ten that are served were invited.
Decision overloaded(int minutes, int invited, double feedback_age_s, TargetPacing& pacing) {
  PacingOptions options;
  options.algorithm = Algorithm::super_progressive_dual;
  PacingInputs in;
  in.logged_in = 10;
  in.feedback_age_s = feedback_age_s;
  Decision d = pacing.decide(in, options, {}, 0.5, 0);
  in.busy = in.queue = 10;
  for (int minute = 1; minute <= minutes; ++minute) {
    in.entered += 20;
    in.answered += 10;
    in.abandoned += 10;
    in.proactive.sent += static_cast<std::uint64_t>(invited);
    in.proactive.accepted += static_cast<std::uint64_t>(invited);
    in.proactive.answered += static_cast<std::uint64_t>(invited);
    d = pacing.decide(in, options, {}, 0.5, 60.0 * minute);
  }
  return d;
}

TargetPacing dual_without_warm_up() {
  PacingTuning tuning;
  tuning.warm_up_answers = 0;
  return TargetPacing{tuning};
}

}  // namespace

TEST_CASE("who gives up while nobody is invited has lost to nobody", "[pacer]") {
  AttributableAbandonment displaced;

  CHECK(displaced.follow({.held = 10, .waiting = 5, .reactive_abandoned = 3}) == 0);
  CHECK(displaced.excess() == 0);
}

TEST_CASE("of a queue, as many have lost to invited ones as are in service", "[pacer]") {
  const auto lost = [](double invited, double waiting) {
    AttributableAbandonment displaced{invited, 10};
    return displaced.follow({.held = 10, .waiting = waiting, .reactive_abandoned = 1});
  };

  CHECK(lost(2, 3) == Approx(0.5));  // Two of four.
  CHECK(lost(6, 3) == Approx(1));
  CHECK(lost(0, 3) == 0);
}

TEST_CASE("who was let in while others waited counts until the queue is gone", "[pacer]") {
  AttributableAbandonment displaced{0, 10};
  displaced.follow({.held = 10, .waiting = 4, .answered = 2, .proactive_answered = 2});
  for (int i = 0; i < 10; ++i) displaced.follow({.held = 10, .waiting = 4, .answered = 5});
  CHECK(displaced.excess() == Approx(2));

  for (int i = 0; i < 10; ++i) displaced.follow({.held = 10, .waiting = 0, .answered = 5});
  CHECK(displaced.excess() == Approx(2.0 / 1024));
}

TEST_CASE("while nobody's interaction ends, whoever was invited is still there", "[pacer]") {
  AttributableAbandonment displaced{3, 8};

  displaced.follow({.held = 8});
  CHECK(displaced.excess() == 3);
  displaced.follow({.held = 10, .answered = 2});
  CHECK(displaced.excess() == 3);
  displaced.follow({.held = 5});
  CHECK(displaced.excess() == Approx(1.5));
}

TEST_CASE("what invitations cost is what is lost without them subtracted from what is lost",
          "[pacer]") {
  const double load = GENERATE(0.3, 0.6, 0.9);
  const int reserve = GENERATE(1, 3);
  constexpr int seconds = 2'000'000;

  const Lost without = play(load, 1000, seconds);
  const Lost with = play(load, reserve, seconds);

  CAPTURE(load, reserve, without.reactive, with.reactive, with.told);
  CHECK(without.told == 0);
  CHECK(with.told == Approx(with.reactive - without.reactive).epsilon(0.12));
}

TEST_CASE("what was lost to invited ones is never negative, nor more than was lost",
          "[pacer][property]") {
  REQUIRE(rc::check([] {
    AttributableAbandonment displaced{*rc::gen::inRange(0, 50) / 4.0};
    for (int i = 0; i < 50; ++i) {
      const AttributableAbandonment::Step step{
          .held = static_cast<double>(*rc::gen::inRange(0, 40)),
          .waiting = static_cast<double>(*rc::gen::inRange(0, 40)),
          .answered = *rc::gen::element(0.0, 1.0, 2e5),
          .proactive_answered = *rc::gen::element(0.0, 1.0, 1e5),
          .reactive_abandoned = *rc::gen::element(0.0, 0.0, 1.0, 7.5, 1e5)};
      const double lost = displaced.follow(step);
      RC_ASSERT(lost >= 0);
      RC_ASSERT(lost <= step.reactive_abandoned);
      RC_ASSERT(displaced.excess() >= 0);
      RC_ASSERT(displaced.excess() <= step.held + step.waiting);
    }
  }));
}

TEST_CASE("where nobody is invited, what is lost does not close the reactive loop", "[pacer]") {
  TargetPacing alone = dual_without_warm_up();
  TargetPacing shared = dual_without_warm_up();

  const Decision first = overloaded(5, 0, 0, alone);
  const Decision later = overloaded(100, 0, 0, alone);
  const Decision invited = overloaded(100, 5, 0, shared);

  CHECK(first.explanation.displaced == 0);
  CHECK(later.explanation.aggressiveness_reactive > first.explanation.aggressiveness_reactive);
  CHECK(later.explanation.reactive_unserved > 0.4);
  CHECK(later.explanation.displaced_allowed == Approx(0.05 * 0.015));
  CHECK(invited.explanation.aggressiveness_reactive < -20);
  CHECK(invited.explanation.displaced > 100);
}

TEST_CASE("without feedback all that is lost counts against invitations", "[pacer]") {
  TargetPacing pacing = dual_without_warm_up();

  const Decision d = overloaded(100, 0, -1, pacing);

  CHECK(d.explanation.aggressiveness_reactive < -20);
  CHECK(d.explanation.reactive_unserved == 0);
}

TEST_CASE("the reactive loop begins low where reactive traffic is much, and only there",
          "[pacer]") {
  PacingOptions options;
  options.algorithm = Algorithm::super_progressive_dual;
  const auto begins = [&](int every) {
    TargetPacing pacing = dual_without_warm_up();
    PacingInputs in;
    in.logged_in = in.idle = 10;
    Decision d;
    for (int second = 0; second < 600; ++second) {
      in.entered += second % every == 0;
      d = pacing.decide(in, options, {}, 0.5, second);
    }
    return d.explanation.aggressiveness_reactive;
  };

  CHECK(begins(24) == Approx(begins(1000) - 6).margin(0.5));  // A load of 100 %.
  CHECK(begins(1000) > -5);
}

TEST_CASE("what is lost without invitations survives a restart and is forgotten over weeks",
          "[pacer]") {
  TargetPacing one = dual_without_warm_up();
  overloaded(100, 0, 0, one);
  TargetPacing soon = dual_without_warm_up();
  TargetPacing late = dual_without_warm_up();

  soon.restore(one.learned(), 60);
  late.restore(one.learned(), 140 * 86400.0);

  CHECK(soon.learned().unserved_long == Approx(one.learned().unserved_long).epsilon(0.01));
  CHECK(soon.learned().unserved == one.learned().unserved);
  CHECK(late.learned().unserved_long < 0.01 * one.learned().unserved_long);
  CHECK(late.learned().unserved == 0);
}

TEST_CASE("a media channel is the sum of its groups, its state weighted by demand", "[pacer]") {
  const std::vector<GroupPace> groups{
      {.proactive = 2, .reactive = 1, .reactive_state = 1, .reactive_demand = 3, .ready = 4},
      {.proactive = 5, .reactive = 0, .reactive_state = 0, .reactive_demand = 1, .ready = 1}};

  const GroupPace sum = channel_sum(groups);

  CHECK(sum.proactive == 7);
  CHECK(sum.ready == 5);
  CHECK(sum.reactive_state == Approx(0.75).margin(1e-5));
  CHECK(channel_sum({}).reactive_state == 1);
}

TEST_CASE("a media channel has an agent of several of its groups once, and every invitation",
          "[pacer]") {
  const GroupPace shared{.proactive = 2,
                         .reactive = 3,
                         .reactive_state = 0.5,
                         .reactive_demand = 1,
                         .ready = 10,
                         .counted = 0.5};
  const GroupPace apart{.proactive = 1, .reactive = 4, .reactive_state = 0.5, .ready = 7};

  const GroupPace sum = channel_sum(std::vector{shared, shared, apart});

  CHECK(sum.ready == 17);
  CHECK(sum.reactive == 7);
  CHECK(sum.proactive == 5);
  CHECK(sum.reactive_demand == 2);
}

TEST_CASE("what is left for reactive visitors is free and not expected by invited ones",
          "[pacer]") {
  const auto of = [](double free, double accepted, double demand) {
    const auto left = reactive_capacity(free, accepted, demand);
    return std::pair{left.slots, left.state};
  };

  CHECK(of(10, 4, 3) == std::pair{6.0, 1.0});
  CHECK(of(10, 4, 12) == std::pair{6.0, 0.5});
  CHECK(of(4, 10, 1) == std::pair{0.0, 0.0});
  CHECK(of(10, 4, 0) == std::pair{6.0, 1.0});
  CHECK(of(4, 4, 0) == std::pair{0.0, 0.0});
}

TEST_CASE("the ratio leaves what is not in service yet, by acceptance", "[pacer]") {
  CHECK(ratio_stock(0.5, 10, 2, 0.3) == Approx(10));
  CHECK(ratio_stock(0.5, 10, 6, 0.3) == 0);
}

TEST_CASE("a channel without demand has the plain mean of its groups' states", "[pacer]") {
  const std::vector<GroupPace> groups{
      {.proactive = 1, .reactive = 2, .reactive_state = 1, .ready = 3},
      {.proactive = 4, .reactive = 5, .reactive_state = 0.5, .ready = 6}};

  const GroupPace sum = channel_sum(groups);

  CHECK(sum.proactive == 5);
  CHECK(sum.reactive == 7);
  CHECK(sum.ready == 9);
  CHECK(sum.reactive_demand == 0);
  CHECK(sum.reactive_state == Approx(0.75));
}

TEST_CASE("ends that the counters tell before the counts do are not told again", "[pacer]") {
  AttributableAbandonment displaced{4, 8};
  displaced.follow({.held = 8, .answered = 2});  // Two ended: who came is in service already.
  CHECK(displaced.excess() == Approx(4 * 0.75));
  displaced.follow({.held = 10});  // Two more, and nobody was answered: told late.
  CHECK(displaced.excess() == Approx(3));
  displaced.follow({.held = 10, .answered = 2});
  CHECK(displaced.excess() == Approx(3));
  displaced.follow({.held = 10, .answered = 5});
  CHECK(displaced.excess() == Approx(1.5));
}

}  // namespace paceline::test
