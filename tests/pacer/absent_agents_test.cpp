#include "services/pacer/absent_agents.h"

#include "services/pacer/explain.h"
#include "services/pacer/pacing.h"
#include "tests/pacer/small_centre.h"
#include "tests/support/catch.h"

// After ours: rapidcheck's own headers know nothing of CHECK.
#include <rapidcheck.h>

namespace paceline::test {
using namespace pacer;
namespace {

/// A group's statistics, looked at every half second.
struct Looks {
  AbsentAgents absent{};
  AbsentAgents::Look look{};

  double pass(double seconds) {
    for (double left = seconds; left > 0; left -= 0.5) {
      look.true_s += 0.5;
      absent.follow(look);
    }
    return absent.slots();
  }

  // Somebody comes and rings so long at an agent who counts as ready meanwhile.
  double take(double rings_s) {
    ++look.queue;
    pass(rings_s);
    --look.queue;
    --look.idle;
    ++look.answered;
    return pass(0.5);
  }

  void come_free() {
    ++look.idle;
    pass(10);
  }
};

/// One where agents take visitors at once.
Looks quick_group(int idle) {
  Looks looks;
  looks.look.idle = idle;
  looks.pass(5);
  for (int i = 0; i < 10; ++i) {
    looks.take(0);
    looks.come_free();
  }
  return looks;
}

bool same_decision(const Decision& a, const Decision& b) {
  bool same = a.state == b.state && a.reason == b.reason && a.invitations == b.invitations &&
              a.max_pending == b.max_pending && a.m == b.m && a.reactive == b.reactive &&
              a.reactive_state == b.reactive_state && a.reactive_demand == b.reactive_demand &&
              a.predicted_wait_s == b.predicted_wait_s && a.not_answering == b.not_answering;
  for (const ExplainedMember& each : explained_members)
    same = same && a.explanation.*each.member == b.explanation.*each.member;
  for (const ExplainedMember& each : window_members)
    same = same && a.explanation.*each.member == b.explanation.*each.member;
  return same;
}

/// Plays the centre, in which `ghosts` more agents are shown ready and take nothing, and asks
/// two engines: one leaves out who does not answer, the other takes the idle ones at their word.
///   returns  [decisions] in which they differ
int decisions_apart(SmallCentre centre, int ghosts, const PacingOptions& options, int hours) {
  TargetPacing guarded;
  TargetPacing trusting{PacingTuning{.absent_guard = false}};
  int differ = 0;
  for (int second = 0; second < hours * 3600; ++second) {
    centre.step();
    PacingInputs in = centre.inputs();
    in.logged_in += ghosts;
    in.idle += ghosts;
    if (in.slots > 0) in.slots += ghosts;
    const double draw = centre.random.uniform();
    const Decision d = guarded.decide(in, options, {}, draw, centre.now_s);
    differ += !same_decision(d, trusting.decide(in, options, {}, draw, centre.now_s));
    centre.invite(d.invitations);
  }
  return differ;
}

}  // namespace

TEST_CASE("where everybody answers, decisions are those of an engine that takes all at their word",
          "[pacer]") {
  const auto algorithm = GENERATE(Algorithm::super_progressive, Algorithm::super_progressive_dual,
                                  Algorithm::predictive_b, Algorithm::predictive_b_dual);
  const bool is_phone = GENERATE(false, true);
  const int slots_each = GENERATE(1, 3);
  CAPTURE(static_cast<int>(algorithm), is_phone, slots_each);
  SmallCentre centre{.slots_each = slots_each,
                     .patience_s = is_phone ? 2.0 : 30.0,
                     .reactive_rate = is_dual(algorithm) ? 0.02 : 0};
  const PacingOptions options{.algorithm = algorithm, .proactive_ratio = 100};

  CHECK(decisions_apart(centre, 0, options, 2) == 0);
  CHECK(decisions_apart(centre, 1, options, 2) > 3600);
}

TEST_CASE("who is idle while nobody waits is taken at his word", "[pacer]") {
  Looks looks = quick_group(3);

  CHECK(looks.pass(3600) == 0);
}

TEST_CASE("idle agents beside whom a queue stands for three seconds do not answer", "[pacer]") {
  Looks looks = quick_group(2);
  looks.look.queue = 1;

  CHECK(looks.pass(3) == 0);
  CHECK(looks.pass(0.5) == 2);
}

TEST_CASE("a queue beside idle agents who change is one that is being taken", "[pacer]") {
  Looks looks = quick_group(6);
  looks.look.queue = 4;
  for (int i = 0; i < 40; ++i) {
    looks.look.idle += i % 2 == 0 ? -1 : 1;
    CHECK(looks.pass(2) == 0);
  }
}

TEST_CASE("where it rings before an agent counts as busy, nobody is taken for absent", "[pacer]") {
  const double rings_s = GENERATE(2.0, 5.0, 10.0);
  Looks looks;
  looks.look.idle = 4;
  looks.pass(5);
  for (int i = 0; i < 200; ++i) {
    CAPTURE(rings_s, i);
    REQUIRE(looks.take(rings_s) == 0);
    looks.come_free();
  }

  CHECK(looks.absent.learned.usual_s == Approx(rings_s).margin(0.5));
  looks.look.queue = 1;
  CHECK(looks.pass(2 * rings_s) == 0);
  CHECK(looks.pass(2 * rings_s + 3) == 4);  // But then they are.
}

TEST_CASE("ringing that becomes longer is learned, and nobody stays taken for absent", "[pacer]") {
  Looks looks = quick_group(4);
  for (int i = 0; i < 60; ++i) {
    looks.take(10);
    looks.come_free();
  }

  looks.pass(700);  // What was believed meanwhile is doubted.
  looks.pass(700);
  looks.pass(700);
  looks.pass(700);

  CHECK(looks.absent.slots() == 0);
  CHECK(looks.take(10) == 0);
}

TEST_CASE("a visitor who gives up beside the same idle agents tells as well", "[pacer]") {
  Looks looks = quick_group(1);
  looks.look.queue = 1;
  looks.pass(1);
  looks.look.queue = 0;
  ++looks.look.abandoned;

  CHECK(looks.pass(0.5) == 1);
}

TEST_CASE("no more are absent than are idle", "[pacer]") {
  Looks looks = quick_group(2);
  looks.look.queue = 1;
  REQUIRE(looks.pass(5) == 2);
  looks.look.idle = 1;

  CHECK(looks.pass(0.5) == 1);
}

TEST_CASE("what is not seen again is doubted, and a wrong doubt lasts twice as long", "[pacer]") {
  Looks looks = quick_group(2);
  looks.look.queue = 1;
  REQUIRE(looks.pass(5) == 2);
  looks.look.queue = 0;
  ++looks.look.answered;

  CHECK(looks.pass(590) == 2);
  CHECK(looks.pass(20) == 1);
  looks.look.queue = 1;
  CHECK(looks.pass(5) == 2);
  CHECK(looks.absent.learned.hold_s == 1200);
  looks.look.queue = 0;
  ++looks.look.answered;
  CHECK(looks.pass(1190) == 2);
  CHECK(looks.pass(20) == 1);
}

TEST_CASE("a queue's figure that comes late is no queue beside idle agents", "[pacer]") {
  Looks looks;
  looks.look.idle = 4;
  looks.pass(5);
  for (int i = 0; i < 30; ++i) {
    --looks.look.idle;  // Taken at once, but the queue is told for eight seconds.
    ++looks.look.answered;
    looks.look.queue = 1;
    looks.pass(8);
    looks.look.queue = 0;
    looks.pass(8);
    if (i >= 10) CHECK(looks.absent.slots() == 0);
    looks.come_free();
  }
}

TEST_CASE("a restart of the counters or a long silence begins the clock anew", "[pacer]") {
  Looks looks = quick_group(2);
  looks.look.queue = 1;
  looks.pass(2.5);
  SECTION("counters") {
    looks.look.answered = 0;
    CHECK(looks.pass(2.5) == 0);
  }
  SECTION("silence") {
    looks.look.true_s += 500;
    CHECK(looks.pass(2.5) == 0);
  }
}

TEST_CASE("whatever the statistics show, absent are none to all of the idle ones",
          "[pacer][property]") {
  REQUIRE(rc::check([] {
    AbsentAgents absent;
    AbsentAgents::Look look;
    for (int i = 0; i < 200; ++i) {
      look.true_s += 0.1 * *rc::gen::inRange(-20, 2000);
      look.idle = *rc::gen::inRange(0, 4);
      look.queue = *rc::gen::inRange(0, 3);
      look.answered += static_cast<std::uint64_t>(*rc::gen::inRange(0, 2));
      look.abandoned += static_cast<std::uint64_t>(*rc::gen::inRange(0, 2));
      const double slots = absent.follow(look);
      RC_ASSERT(slots >= 0 && slots <= look.idle);
      RC_ASSERT(sanitised(absent.learned) == absent.learned);
    }
  }));
}

TEST_CASE("what was learned of absent agents is repaired", "[pacer]") {
  const AbsentLearned clean =
      sanitised({.slots = -1, .usual_s = 0.0 / 0.0, .taken = 1e9, .hold_s = 0});

  CHECK(clean == AbsentLearned{.slots = 0, .usual_s = 0, .taken = 100, .hold_s = 600});
}

}  // namespace paceline::test
