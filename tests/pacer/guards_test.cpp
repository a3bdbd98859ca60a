// What keeps a decision within bounds whatever the model says, and statistics that come late.
#include <cmath>

#include "services/pacer/pacing.h"
#include "tests/pacer/ten_agents.h"
#include "tests/support/catch.h"

// After ours: rapidcheck's own headers know nothing of CHECK.
#include <rapidcheck.h>

namespace paceline::test {
using namespace pacer;

TEST_CASE("each reason to withhold everything is told", "[pacer]") {
  TargetPacing pacing;
  const auto reason = [&](PacingInputs in, PacingOptions options) {
    const Decision d = pacing.decide(in, options, {}, 0.5, 1);
    CHECK(d.max_pending == 0);
    CHECK(d.invitations == 0);
    return d.reason;
  };
  PacingInputs in = ten_agents(5);
  PacingInputs stale = in;
  stale.quality = StatQuality::stale;
  PacingInputs old = in;
  old.stat_age_s = 60;
  PacingInputs unseen = in;
  unseen.quality = StatQuality::not_visible;

  CHECK(reason(in, {.enabled = false}) == PaceReason::disabled);
  CHECK(reason(stale, {}) == PaceReason::stale_statistics);
  CHECK(reason(old, {}) == PaceReason::stale_statistics);
  CHECK(reason(unseen, {}) == PaceReason::not_visible);
  CHECK(reason(PacingInputs{}, {}) == PaceReason::no_agents);
}

TEST_CASE("until answers are known there is one invitation for each free agent", "[pacer]") {
  TargetPacing pacing;

  const Decision d = pacing.decide(ten_agents(3), {}, {}, 0.5, 1);

  CHECK(d.max_pending == 3);
  CHECK(d.reason == PaceReason::warm_up);
}

TEST_CASE("a burst of abandonment halves the stock at once", "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  PacingInputs in = ten_agents(6);
  const Decision before = pacing.decide(in, {}, {}, 0.5, 1);
  in.proactive.answered = 5;
  in.proactive.abandoned = 20;

  const Decision after = pacing.decide(in, {}, {}, 0.5, 2);

  CHECK(after.reason == PaceReason::fast_cut);
  CHECK(after.m <= before.m / 2);
}

TEST_CASE("proactiveRatio binds in DUAL and says so", "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  PacingOptions options{.algorithm = Algorithm::super_progressive_dual, .proactive_ratio = 0};

  const Decision d = pacing.decide(ten_agents(8), options, {}, 0.5, 1);

  CHECK(d.max_pending == 0);
  CHECK(d.reason == PaceReason::ratio_cap);
  CHECK(d.reactive_state == 1);
}

TEST_CASE("statistics whose age varies tell of no ends that were not", "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  PacingInputs in = ten_agents(4);
  double service_s = 0;
  for (int i = 0; i < 1000; ++i) {
    const double now_s = 100 + 0.25 * i;
    in.stat_age_s = 2 + 0.25 * (i * 7 % 5);
    service_s = pacing.decide(in, {}, {}, 0.5, now_s).explanation.service_s;
  }

  CHECK(service_s > 240);  // The prior: six that have not ended only say that it may be longer.
}

TEST_CASE("acceptances that the statistics are too old to show are not granted again", "[pacer]") {
  const auto stock = [](double stat_age_s) {
    TargetPacing pacing{without_warm_up()};
    PacingInputs in = ten_agents(4);
    in.stat_age_s = stat_age_s;
    pacing.decide(in, {}, {}, 0.5, 10);
    in.proactive = {.sent = 8, .accepted = 3, .rejected = 5};
    return pacing.decide(in, {}, {}, 0.5, 11).max_pending;
  };

  CHECK(stock(2) < stock(0));
}

TEST_CASE("where the loop has nothing left to take back, nobody is invited without a free agent",
          "[pacer]") {
  const auto algorithm = GENERATE(Algorithm::super_progressive, Algorithm::predictive_b);
  const PacingOptions options{.algorithm = algorithm};
  TargetPacing pacing{without_warm_up()};
  PacingInputs in = ten_agents(3);
  Decision d;
  std::int32_t most_before = 0;
  for (int i = 0; i < 2000; ++i) {
    in.answered += 7;  // Seven others each second: the ends that it sees never stop.
    in.entered += 7;
    if (i >= 100) in.proactive.abandoned += 1;
    in.proactive.answered += 1;
    in.proactive.accepted += 2;
    in.proactive.sent += 2;
    d = pacing.decide(in, options, {}, 0.5, i);
    if (i == 99) most_before = d.max_pending;
  }

  CHECK(most_before > 3);
  CHECK(d.max_pending <= 3);
  if (algorithm == Algorithm::super_progressive) CHECK(d.reason == PaceReason::goal_guard);
}

TEST_CASE("PREDICTIVE_B invites one for each free agent at least", "[pacer][property]") {
  REQUIRE(rc::check([] {
    TargetPacing pacing{without_warm_up()};
    PacingInputs in = ten_agents(*rc::gen::inRange(0, 10));
    in.queue = *rc::gen::inRange(0, 3);
    in.proactive.abandoned = 0;
    pacing.decide(in, {.algorithm = Algorithm::predictive_b}, {}, 0.5, 1);
    in.proactive.abandoned = static_cast<std::uint64_t>(*rc::gen::inRange(0, 20));
    const double m = pacing.decide(in, {.algorithm = Algorithm::predictive_b}, {}, 0.5, 2).m;

    RC_ASSERT(m >= std::min(3.0, static_cast<double>(in.idle - in.queue)));
  }));
}

TEST_CASE("what feedback said to be pending fades once it is later than a refresh period",
          "[pacer]") {
  const auto pending = [](double feedback_age_s) {
    TargetPacing pacing{without_warm_up()};
    PacingInputs in = ten_agents(5);
    in.proactive.pending = 4;
    in.feedback_age_s = feedback_age_s;
    return pacing.decide(in, {}, {}, 0.5, 1).explanation.pending;
  };

  CHECK(pending(0) == 4);
  CHECK(pending(2) == 4);
  CHECK(pending(32) == Approx(4 * std::exp(-3.0)));
}

TEST_CASE("a target whose feedback is late beyond its bound and three refreshes is degraded",
          "[pacer]") {
  const auto state = [](double feedback_age_s, Duration refresh_period) {
    TargetPacing pacing{without_warm_up()};
    PacingInputs in = ten_agents(5);
    in.feedback_age_s = feedback_age_s;
    const auto decision = pacing.decide(in, {.refresh_period = refresh_period}, {}, 0.5, 1);
    CHECK(decision.feedback_late == (decision.state == PaceState::degraded));
    return decision.state;
  };

  CHECK(state(30, 2s) == PaceState::ok);
  CHECK(state(30.1, 2s) == PaceState::degraded);
  CHECK(state(30.1, 20s) == PaceState::ok);
  CHECK(state(60.1, 20s) == PaceState::degraded);
}

TEST_CASE("without feedback what went out is pending by the answer delay", "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  PacingInputs in = ten_agents(5);
  in.entered = in.answered = 0;  // Nor does anybody count who comes.
  in.feedback_age_s = -1;
  const Decision first = pacing.decide(in, {}, {}, 0.5, 1);

  const Decision second = pacing.decide(in, {}, {}, 0.5, 2);
  const Decision third = pacing.decide(in, {}, {}, 0.5, 12);

  REQUIRE(first.invitations > 3);
  CHECK(second.explanation.pending == first.invitations);
  CHECK(third.explanation.pending ==
        Approx(first.invitations * std::exp(-1.0) + second.invitations));
  CHECK(first.state == PaceState::degraded);
}

TEST_CASE("the stock grows by half, or a quarter of what the slots could take, in one refresh",
          "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  PacingInputs in = ten_agents(10);

  const Decision d = pacing.decide(in, {}, {}, 0.5, 1);

  CHECK(d.reason == PaceReason::growth_cap);
  CHECK(d.m == Approx(0.25 * 10 / 0.3));
  CHECK(d.explanation.m_model > d.m);
}

TEST_CASE("the ceiling is so many expected acceptances a slot", "[pacer]") {
  PacingTuning tuning = without_warm_up();
  tuning.ceiling_per_slot = 0.1;
  TargetPacing pacing{tuning};

  const Decision d = pacing.decide(ten_agents(10), {}, {}, 0.5, 1);

  CHECK(d.reason == PaceReason::ceiling);
  CHECK(d.m == Approx(0.1 * 10 / 0.3));
  CHECK(d.explanation.m_ceiling == d.m);
}

}  // namespace paceline::test
