// The decision engine as its callers know it: examples, and laws over adversarial sequences.
#include "services/pacer/pacing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "services/pacer/explain.h"
#include "tests/pacer/ten_agents.h"
#include "tests/support/catch.h"

// After ours: rapidcheck's own headers know nothing of CHECK.
#include <rapidcheck.h>

namespace paceline::test {
using namespace pacer;
namespace {

// The numbers of an explanation that may be below zero.
constexpr std::array<std::string_view, 7> signed_names = {
    "aggressiveness", "aggressiveness_reactive", "aggressiveness_used",
    "budget_excess",  "closing_excess",          "rolling_excess",
    "integral"};

bool is_sound(const Decision& d) {
  bool sound = d.invitations >= 0 && d.max_pending >= 0 && d.reactive >= 0 &&
               d.invitations <= d.max_pending && d.reactive_state >= 0 && d.reactive_state <= 1;
  for (const double value : {d.m, d.reactive_demand, d.predicted_wait_s})
    sound = sound && std::isfinite(value) && value >= 0;
  const auto is_number = [&](const ExplainedMember& each) {
    const double value = d.explanation.*each.member;
    const bool may_be_negative =
        std::ranges::find(signed_names, each.name.field().name) != signed_names.end();
    return std::isfinite(value) && (may_be_negative || value >= 0);
  };
  return sound && std::ranges::all_of(explained_members, is_number) &&
         std::ranges::all_of(window_members, is_number);
}

// Numbers as a broken or hostile source would send them.
int any_count() {
  return *rc::gen::oneOf(
      rc::gen::inRange(0, 40), rc::gen::inRange(-5, 5'000),
      rc::gen::element(std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
}

std::uint64_t any_counter() {
  return *rc::gen::oneOf(rc::gen::inRange<std::uint64_t>(0, 3'000),
                         rc::gen::element<std::uint64_t>(0, UINT64_MAX, 1ull << 40));
}

double any_seconds() {
  return *rc::gen::oneOf(
      rc::gen::map(rc::gen::inRange(-1000, 100'000), [](int ms) { return ms / 1000.0; }),
      rc::gen::element(0.0, -1.0, 1e300, std::nan(""), std::numeric_limits<double>::infinity()));
}

PacingInputs any_inputs() {
  PacingInputs in;
  in.quality = *rc::gen::element(StatQuality::good, StatQuality::good, StatQuality::provisional,
                                 StatQuality::stale, StatQuality::not_visible);
  in.stat_age_s = *rc::gen::element(0.0, 0.0, 0.5, 100.0);
  in.logged_in = any_count();
  in.idle = any_count();
  in.busy = any_count();
  in.wrap_up = any_count();
  in.queue = any_count();
  in.entered = any_counter();
  in.answered = any_counter();
  in.abandoned = any_counter();
  in.proactive = {.sent = any_counter(),
                  .accepted = any_counter(),
                  .rejected = any_counter(),
                  .timed_out = any_counter(),
                  .answered = any_counter(),
                  .abandoned = any_counter(),
                  .pending = any_count()};
  in.feedback_age_s = any_seconds();
  in.handling_time_s = any_seconds();
  return in;
}

PacingOptions any_options() {
  PacingOptions options;
  options.algorithm = static_cast<Algorithm>(*rc::gen::inRange(0, 4));
  options.optimization_target = static_cast<OptimizationTarget>(*rc::gen::inRange(0, 3));
  options.optimization_goal = *rc::gen::inRange(1, 100);
  options.service_level_seconds = *rc::gen::element(1, 20, 3600);
  options.abandonment_threshold = *rc::gen::element(0, 0, 5, 600);
  options.proactive_ratio = *rc::gen::inRange(0, 101);
  return options;
}

}  // namespace

TEST_CASE("more free agents mean more invitations, a longer queue fewer", "[pacer]") {
  const auto stock = [](int idle, int queue) {
    TargetPacing pacing{without_warm_up()};
    PacingInputs in = ten_agents(idle);
    in.queue = queue;
    return pacing.decide(in, {}, {}, 0.5, 1).m;
  };

  for (int idle = 1; idle <= 9; ++idle) CHECK(stock(idle + 1, 0) >= stock(idle, 0));
  for (int queue = 0; queue < 5; ++queue) CHECK(stock(4, queue + 1) <= stock(4, queue));
  CHECK(stock(4, 0) > 4);
  CHECK(stock(0, 5) == 0);
}

TEST_CASE("what is pending is not granted again", "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  PacingInputs in = ten_agents(4);
  const Decision first = pacing.decide(in, {}, {}, 0.5, 1);
  in.proactive.sent = static_cast<std::uint64_t>(first.invitations);
  in.proactive.pending = first.invitations;

  const Decision second = pacing.decide(in, {}, {}, 0.5, 1.5);

  CHECK(first.invitations == first.max_pending);
  CHECK(second.invitations <= 1);
  CHECK(second.max_pending <= first.max_pending + 1);
}

TEST_CASE("the same state, inputs and draw give the same decision", "[pacer][property]") {
  REQUIRE(rc::check([] {
    TargetPacing one{without_warm_up()};
    one.decide(any_inputs(), any_options(), {}, 0.3, 5);
    TargetPacing two = one;
    const PacingInputs in = any_inputs();
    const PacingOptions options = any_options();

    const Decision a = one.decide(in, options, {}, 0.7, 6);
    const Decision b = two.decide(in, options, {}, 0.7, 6);

    RC_ASSERT(a.m == b.m);
    RC_ASSERT(a.invitations == b.invitations);
    RC_ASSERT(a.reason == b.reason);
  }));
}

TEST_CASE("no sequence of inputs makes a number infinite, negative or not a number",
          "[pacer][property]") {
  REQUIRE(rc::check([] {
    TargetPacing pacing{*rc::gen::arbitrary<bool>() ? without_warm_up() : PacingTuning{}};
    const PacingOptions options = any_options();
    double now_s = 0;
    for (int i = 0; i < 30; ++i) {
      const double step_s = *rc::gen::element(0.0, 0.25, 1.0, 2.0, -5.0, 130.0, 30'000.0, 1e12);
      now_s += step_s;
      const PacingInputs in = any_inputs();
      const PacingOptions now = *rc::gen::inRange(0, 10) == 0 ? any_options() : options;
      const Decision d = pacing.decide(in, now, {}, *rc::gen::element(0.0, 0.5, 0.999), now_s);
      RC_ASSERT(is_sound(d));
      const Learned learned = pacing.learned();
      RC_ASSERT(sanitised(learned) == learned);
    }
  }));
}

TEST_CASE("abandonment makes the loop careful, service makes it bold", "[pacer]") {
  const auto after = [](std::uint64_t answered, std::uint64_t abandoned) {
    TargetPacing pacing{without_warm_up()};
    PacingInputs in = ten_agents(4);
    pacing.decide(in, {}, {}, 0.5, 1);
    in.proactive.answered = answered;
    in.proactive.abandoned = abandoned;
    return pacing.decide(in, {}, {}, 0.5, 2).explanation.aggressiveness;
  };

  CHECK(after(100, 0) > after(0, 0));
  CHECK(after(0, 5) < after(0, 0));
}

TEST_CASE("every algorithm and target grants something to an idle group of any size", "[pacer]") {
  for (int algorithm = 0; algorithm < 4; ++algorithm)
    for (int target = 0; target < 3; ++target)
      for (const int agents : {1, 2, 10, 100, 2000}) {
        CAPTURE(algorithm, target, agents);
        TargetPacing pacing{without_warm_up()};
        PacingOptions options{.algorithm = static_cast<Algorithm>(algorithm),
                              .optimization_target = static_cast<OptimizationTarget>(target),
                              .optimization_goal = target == 0 ? 3 : 80,
                              .proactive_ratio = 100};
        PacingInputs in;
        in.logged_in = in.idle = agents;

        const Decision d = pacing.decide(in, options, {}, 0.5, 1);

        CHECK(d.max_pending > 0);
        CHECK(is_sound(d));
      }
}

TEST_CASE("ten agents with three chat slots are paced as thirty slots", "[pacer]") {
  for (const Algorithm algorithm : {Algorithm::super_progressive, Algorithm::predictive_b}) {
    TargetPacing chats{without_warm_up()};
    TargetPacing calls{without_warm_up()};
    PacingInputs in;
    in.logged_in = 10;
    in.slots = 30;
    in.idle = 12;
    in.busy = 18;
    PacingInputs singles = in;
    singles.logged_in = 30;
    singles.slots = 0;

    const Decision d = chats.decide(in, {.algorithm = algorithm}, {}, 0.5, 1);

    CHECK(d.explanation.slots == 30);
    CHECK(d.m > 12);
    CHECK(d.m == calls.decide(singles, {.algorithm = algorithm}, {}, 0.5, 1).m);
  }
}

TEST_CASE("a guard that binds is the reason, and what it leaves of one more is dealt by the draw",
          "[pacer]") {
  const auto capped = [](double draw) {
    TargetPacing pacing{without_warm_up()};
    return pacing.decide(ten_agents(4),
                         {.algorithm = Algorithm::super_progressive_dual, .proactive_ratio = 40},
                         {}, draw, 1);
  };
  TargetPacing warming;

  const Decision warm = warming.decide(ten_agents(4), {}, {}, 0.999, 1);

  CHECK(warm.reason == PaceReason::warm_up);
  CHECK(warm.m == 4);
  CHECK(warm.max_pending == 4);
  CHECK(capped(0.5).reason == PaceReason::ratio_cap);
  CHECK(capped(0.5).m ==
        Approx(1 / 0.3));  // Four slots, three of which are taken to be in use by invited ones.
  CHECK(capped(0.5).max_pending == 3);
  CHECK(capped(0.7).max_pending == 4);
}

TEST_CASE("a larger group of the same load may invite more", "[pacer]") {
  double before = 0;
  for (const int agents : {1, 3, 5, 10, 30, 100, 300, 1000, 2000}) {
    TargetPacing pacing{without_warm_up()};
    PacingInputs in;
    in.logged_in = agents;
    in.idle = (agents + 1) / 2;
    in.busy = agents - in.idle;
    const double m = pacing.decide(in, {}, {}, 0.5, 1).m;

    CAPTURE(agents, m, before);
    CHECK(m > before);
    CHECK(m >= in.idle);
    before = m;
  }
}

TEST_CASE("once interactions turned over, their start times are reconstructed from the counts",
          "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  PacingInputs in = ten_agents(4);
  PacingInformation last = pacing.decide(in, {}, {}, 0.5, -1).explanation.information;
  CHECK(last == PacingInformation::memoryless);
  for (int i = 0; i < 200; ++i) {
    in.answered += i % 5 == 0;  // One ends and one begins.
    last = pacing.decide(in, {}, {}, 0.5, i).explanation.information;
  }
  CHECK(last == PacingInformation::reconstructed);
}

TEST_CASE("what was learned can be taken up elsewhere", "[pacer]") {
  TargetPacing one{without_warm_up()};
  PacingInputs in = ten_agents(4);
  for (int i = 0; i < 300; ++i) {
    in.proactive.sent += 2;
    in.proactive.accepted += 1;
    in.proactive.rejected += 1;
    one.decide(in, {}, {}, 0.5, i);
  }
  TargetPacing two{without_warm_up()};

  two.restore(one.learned(), 60);

  CHECK(two.learned().accepted == Approx(one.learned().accepted).epsilon(0.01));
  CHECK(two.decide(in, {}, {}, 0.5, 1).explanation.acceptance == Approx(0.5).margin(0.02));
}

TEST_CASE("counters that restart are no events", "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  PacingInputs in = ten_agents(4);
  in.proactive = {.sent = 100, .accepted = 50, .rejected = 50, .answered = 50};
  pacing.decide(in, {}, {}, 0.5, 1);
  in.proactive = {
      .sent = 9000, .accepted = 4500, .rejected = 4500, .answered = 4000, .abandoned = 500};
  in.feedback_epoch = 1;

  const Decision d = pacing.decide(in, {}, {}, 0.5, 2);

  CHECK(d.explanation.outcomes == 0);
  CHECK(pacing.learned().answers == 0);
}

TEST_CASE("a bad evening does not block the next morning", "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  PacingInputs in = ten_agents(4);
  const double first = pacing.decide(in, {}, {}, 0.5, 1).explanation.aggressiveness;
  in.proactive.abandoned = 40;
  const double evening = pacing.decide(in, {}, {}, 0.5, 2).explanation.aggressiveness;

  double morning = 0;
  for (int minute = 1; minute <= 14 * 60; ++minute)
    morning = pacing.decide(in, {}, {}, 0.5, 2 + 60.0 * minute).explanation.aggressiveness;

  CHECK(evening < first - 1);
  CHECK(morning == Approx(first).margin(0.2));
}

TEST_CASE("a restart in the middle of a window goes on with it, one after its end does not",
          "[pacer]") {
  PacingTuning tuning = without_warm_up();
  tuning.window_s = 3600;
  tuning.window_begins_s = 1000;
  TargetPacing one{tuning};
  PacingInputs in = ten_agents(4);
  for (int i = 0; i < 600; ++i) {
    in.proactive.answered += 1;
    one.decide(in, {}, {}, 0.5, 1000 + i);
  }
  TargetPacing same{tuning};
  same.restore(one.learned(), 5);
  TargetPacing later{tuning};
  later.restore(one.learned(), 4000);

  CHECK(same.decide(in, {}, {}, 0.5, 1700).explanation.outcomes == Approx(599).margin(1));
  CHECK(later.decide(in, {}, {}, 0.5, 1700).explanation.outcomes == 0);
  CHECK(one.decide(in, {}, {}, 0.5, 4599).explanation.outcomes > 0);
  CHECK(one.decide(in, {}, {}, 0.5, 4600).explanation.outcomes == 0);
}

TEST_CASE("a model that is used again is the one that would be computed anew",
          "[pacer][property]") {
  REQUIRE(rc::check([] {
    const int agents = *rc::gen::inRange(2, 200);
    PacingInputs in;
    in.logged_in = agents;
    in.idle = *rc::gen::inRange(0, agents);
    in.busy = agents - in.idle;
    in.answered = in.entered = 1000;
    PacingOptions options;
    if (*rc::gen::arbitrary<bool>()) {
      options.optimization_target = OptimizationTarget::busy_factor;
      options.optimization_goal = *rc::gen::inRange(50, 99);
    }
    TargetPacing again{without_warm_up()};
    again.decide(in, options, {}, 0.5, 1);
    TargetPacing anew = again;
    PacingOptions other = options;
    other.proactive_ratio = 51;  // Not used by this algorithm, but another set of options.

    const Decision a = again.decide(in, options, {}, 0.5, 2);
    const Decision b = anew.decide(in, other, {}, 0.5, 2);

    RC_ASSERT(std::abs(a.m - b.m) <= 1 + 0.02 * b.m);
    RC_ASSERT(a.explanation.integral == b.explanation.integral);
  }));
}

}  // namespace paceline::test
