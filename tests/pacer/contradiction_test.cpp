#include "services/pacer/contradiction.h"

#include <deque>

#include "services/pacer/pacing.h"
#include "tests/pacer/small_centre.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {
using namespace pacer;

// A centre in which every ten seconds a visitor accepts, enters, is answered, and another leaves.
struct Told {
  PacingInputs in{.logged_in = 10, .idle = 2, .busy = 8, .entered = 500, .answered = 400};
  Contradiction contradiction{};
  double now_s = 0;
  bool enters = true;
  bool ends = true;
  bool agents = true;

  void step() {
    now_s += 1;
    if (static_cast<int>(now_s) % 10 == 0) {
      ++in.proactive.accepted;
      ++in.proactive.answered;
      in.entered += enters;
      in.answered += ends;
      if (agents) std::swap(in.idle, in.wrap_up);
    }
    contradiction.observe(in, now_s);
  }
  // [s] until a contradiction is found, at most `limit_s`.
  double until_found(double limit_s) {
    const double began_s = now_s;
    while (now_s - began_s < limit_s && contradiction.found() == Contradicted::nothing) step();
    return now_s - began_s;
  }
};

}  // namespace

TEST_CASE("where all goes on nothing is contradicted", "[pacer]") {
  Told told;

  CHECK(told.until_found(86400) == 86400);
}

TEST_CASE("who is accepted and never enters, is answered or keeps an agent, is a contradiction",
          "[pacer]") {
  Told told;
  told.until_found(600);
  double within_s = 150;
  SECTION("nobody enters") {
    told.enters = false;
  }
  SECTION("nobody is answered or leaves") {
    told.ends = false;
  }
  SECTION("no agent ever moves") {
    told.agents = false;
    within_s = 340;
  }

  CHECK(told.until_found(86400) <= within_s);

  CHECK(told.contradiction.found() == Contradicted::in_part);
}

TEST_CASE("statistics that stand still while the feedback goes on are told apart, until one moves",
          "[pacer]") {
  Told told;
  told.until_found(600);
  told.enters = told.ends = told.agents = false;

  CHECK(told.until_found(86400) <= 150);
  CHECK(told.contradiction.found() == Contradicted::standing);

  told.enters = told.ends = told.agents = true;
  for (int i = 0; i < 10; ++i) told.step();
  CHECK(told.contradiction.found() == Contradicted::nothing);
}

TEST_CASE("statistics that stand still are no contradiction", "[pacer]") {
  Told told;
  told.until_found(600);
  told.enters = told.ends = told.agents = false;

  SECTION("while the feedback stands still too: it is night") {
    for (int i = 0; i < 86400; ++i) told.contradiction.observe(told.in, told.now_s += 1);
  }
  SECTION("while no feedback comes") {
    told.in.feedback_age_s = -1;
    told.until_found(3600);
  }
  SECTION("where some were accepted just after they had entered") {
    told.in.proactive.accepted += 12;
    for (int i = 0; i < 3600; ++i) told.contradiction.observe(told.in, told.now_s += 1);
  }
  SECTION("where the feedback tells after a pause what had come long before") {
    for (int i = 0; i < 600; ++i) {
      told.in.feedback_age_s = i;
      told.contradiction.observe(told.in, told.now_s += 1);
    }
    told.in.proactive.accepted += 100;
    told.in.feedback_age_s = 0;
    for (int i = 0; i < 3600; ++i) told.contradiction.observe(told.in, told.now_s += 1);
  }
  SECTION("where each restarts its counters now and then") {
    for (int i = 0; i < 3600; ++i) {
      if (i % 100 == 0) ++(i % 200 == 0 ? told.in.stat_epoch : told.in.feedback_epoch);
      told.step();
      REQUIRE(told.contradiction.found() == Contradicted::nothing);
    }
  }
  SECTION("where nobody looked for longer than two minutes") {
    for (int i = 0; i < 100; ++i) {
      told.now_s += 130;
      told.in.proactive.accepted += 20;
      told.contradiction.observe(told.in, told.now_s);
      REQUIRE(told.contradiction.found() == Contradicted::nothing);
    }
  }

  CHECK(told.contradiction.found() == Contradicted::nothing);
}

// A centre in closed loop with a pacer, whose statistics come late or stand still.
struct Paced {
  SmallCentre centre{};
  std::size_t late_s = 0;
  bool feedback = true;
  bool frozen = false;
  TargetPacing pacing{};
  std::deque<PacingInputs> shown{};

  Decision step() {
    centre.step();
    if (!frozen) shown.push_back(centre.inputs());
    if (shown.size() > late_s + 1) shown.pop_front();
    PacingInputs in = frozen ? shown.back() : shown.front();
    in.proactive = centre.inputs().proactive;
    if (!feedback) in.feedback_age_s = -1;
    const Decision decision = pacing.decide(in, {}, {}, centre.random.uniform(), centre.now_s);
    centre.invite(decision.invitations);
    return decision;
  }
};

TEST_CASE("no centre that is told truly is contradicted", "[pacer]") {
  Paced paced;
  SECTION("ten agents") {
  }
  SECTION("one agent") {
    paced.centre.agents = 1;
  }
  SECTION("a hundred agents") {
    paced.centre.agents = 100;
  }
  SECTION("whose statistics are 25 s late") {
    paced.late_s = 25;
  }
  SECTION("of whom few accept") {
    paced.centre.acceptance = 0.02;
  }
  SECTION("of whom all accept") {
    paced.centre.acceptance = 1;
  }
  SECTION("with many reactive visitors") {
    paced.centre.reactive_rate = 0.1;
  }
  SECTION("without feedback") {
    paced.feedback = false;
  }
  SECTION("with impatient visitors") {
    paced.centre.patience_s = 1;
  }
  SECTION("with long calls") {
    paced.centre.service_s = 1800;
  }

  const int agents = paced.centre.agents;
  int contradicted = 0;
  for (int second = 0; second < 6 * 3600; ++second) {
    paced.centre.agents = second % 7200 < 5400 ? agents : 0;  // Then all go home for half an hour.
    contradicted += paced.step().reason == PaceReason::statistics_contradicted;
  }

  CHECK(contradicted == 0);
}

TEST_CASE("a target whose statistics froze is degraded and invites one at a time, until they move",
          "[pacer]") {
  Paced paced;
  for (int second = 0; second < 3600; ++second) paced.step();
  while (paced.centre.inputs().idle == 0) paced.step();
  paced.step();
  paced.frozen = true;  // With an agent who is idle for ever.
  int until_s = 0;
  while (paced.step().reason != PaceReason::statistics_contradicted && until_s < 3600) ++until_s;

  CHECK(until_s < 900);
  for (int second = 0; second < 600; ++second) {
    const Decision decision = paced.step();
    REQUIRE(decision.state == PaceState::degraded);
    REQUIRE(decision.reason == PaceReason::statistics_contradicted);
    REQUIRE(decision.max_pending <= 1);
  }
  paced.frozen = false;
  CHECK(paced.step().reason != PaceReason::statistics_contradicted);
}

TEST_CASE("a source that does not count contradicts nobody", "[pacer]") {
  Told told;
  told.in.entered = told.in.answered = 0;
  told.enters = told.ends = false;

  CHECK(told.until_found(3600) == 3600);
}

}  // namespace paceline::test
