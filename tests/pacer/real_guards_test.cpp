// What keeps a decision within bounds where the statistics are not what the model takes them for:
// agents who do not answer, feedback that is late or missing, acceptance that collapses.
#include <algorithm>
#include <cmath>

#include "services/pacer/explain.h"
#include "services/pacer/pacing.h"
#include "tests/pacer/small_centre.h"
#include "tests/pacer/ten_agents.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;
namespace {

/// Ten agents of whom two free ones take nothing, while somebody waits: after four seconds.
Decision beside_two_absent(TargetPacing& pacing, double from_s = 0) {
  PacingInputs in = ten_agents(2);
  for (int i = 0; i < 6; ++i) {  // They did take visitors until now.
    in.idle = 2 - i % 2;
    in.busy = 10 - in.idle;
    in.answered += static_cast<std::uint64_t>(i % 2);
    pacing.decide(in, {}, {}, 0.5, from_s + i);
    in.idle = 2;
    in.busy = 8;
    pacing.decide(in, {}, {}, 0.5, from_s + i + 0.5);
  }
  for (int i = 0; i < 6; ++i) {
    in.idle = 2 - i % 2;
    in.busy = 10 - in.idle;
    pacing.decide(in, {}, {}, 0.5, from_s + 6 + i);
  }
  in.idle = 2;
  in.busy = 8;
  in.queue = 1;
  Decision d;
  for (int i = 0; i <= 4; ++i) d = pacing.decide(in, {}, {}, 0.5, from_s + 12 + i);
  return d;
}

}  // namespace

TEST_CASE("agents beside whom a queue stands are none, and that is told", "[pacer]") {
  TargetPacing pacing{without_warm_up()};

  const Decision d = beside_two_absent(pacing);

  CHECK(d.not_answering == 2);
  CHECK(d.state == PaceState::degraded);
  CHECK(d.reason == PaceReason::idle_not_answering);
  CHECK(d.explanation.slots == 8);
  const Explanation said = explain("t", ten_agents(2), {}, d);
  const auto idle = std::find_if(said.steps.begin(), said.steps.end(),
                                 [](const auto& step) { return step.name == "idle"; });
  REQUIRE(idle != said.steps.end());
  CHECK(idle->note == "2 of them take nothing from the queue");
}

TEST_CASE("who does not answer is known after a restart", "[pacer]") {
  TargetPacing before{without_warm_up()};
  beside_two_absent(before);
  TargetPacing after{without_warm_up()};

  after.restore(before.learned(), 10);
  const Decision d = after.decide(ten_agents(2), {}, {}, 0.5, 1e6);

  CHECK(d.not_answering == 2);
  CHECK(d.max_pending < 2);
}

TEST_CASE("whoever was absent before a night is not, in the morning", "[pacer]") {
  TargetPacing before{without_warm_up()};
  beside_two_absent(before);
  TargetPacing after{without_warm_up()};

  after.restore(before.learned(), 8 * 3600);

  CHECK(after.decide(ten_agents(2), {}, {}, 0.5, 1e6).not_answering == 0);
}

TEST_CASE("while nobody is logged in nobody is invited, whatever else is told", "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  PacingInputs in = ten_agents(4);
  in.logged_in = 0;

  const Decision d = pacing.decide(in, {}, {}, 0.5, 1);

  CHECK(d.max_pending == 0);
  CHECK(d.reason == PaceReason::no_agents);
}

TEST_CASE("no more are idle than the agents who are logged in can have", "[pacer]") {
  const auto slots = [](std::int32_t told, std::int32_t idle) {
    PacingInputs in;
    in.logged_in = 3;
    in.slots = told;
    in.idle = idle;
    TargetPacing pacing{without_warm_up()};
    return pacing.decide(in, {}, {}, 0.5, 1).explanation.slots;
  };

  CHECK(slots(0, 200) == 3);
  CHECK(slots(9, 200) == 9);
  CHECK(slots(9, 4) == 4);
}

TEST_CASE("no more invitations are outstanding than max_pending_per_agent allows", "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  const PacingOptions options{.max_pending_per_agent = 1};
  Decision d;
  for (int i = 1; i < 10; ++i) d = pacing.decide(ten_agents(8), options, {}, 0.5, i);

  CHECK(d.max_pending == 10);
  CHECK(d.reason == PaceReason::pending_cap);
}

TEST_CASE("while nobody accepts two invitations for each agent are enough", "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  PacingInputs in = ten_agents(10);
  Decision d;
  for (int i = 1; i < 100; ++i) {
    in.proactive.sent += 5;
    in.proactive.rejected += 5;
    d = pacing.decide(in, {}, {}, 0.5, i);
  }
  CHECK(d.max_pending == 20);
  CHECK(d.reason == PaceReason::pending_cap);

  in.proactive.sent += 1;
  in.proactive.accepted += 1;
  d = pacing.decide(in, {}, {}, 0.5, 100);

  CHECK(d.explanation.acceptance == Approx(0.3));  // What is known of before tells nothing now.
}

TEST_CASE("what went out since the endpoint told is not granted again", "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  PacingInputs in = ten_agents(3);
  int granted = 0;
  int most = 0;
  for (int i = 0; i <= 40; ++i) {
    in.feedback_age_s = i;
    const Decision d = pacing.decide(in, {}, {}, 0.5, 100 + i);
    granted += d.invitations;
    most = std::max(most, d.max_pending);
  }

  // The first ones, and then what takes the place of those who must have answered meanwhile.
  CHECK(granted <= most * (1 + 40 / 10 + 1));
  CHECK(granted >= most);
}

TEST_CASE("an offer that is repeated until the endpoint tells counts once", "[pacer]") {
  PacingTuning tuning = without_warm_up();
  tuning.sends_after_decision = false;
  TargetPacing pacing{tuning};
  PacingInputs in = ten_agents(3);
  const PacingOptions options{.refresh_period = 2s};
  std::vector<int> granted;
  for (const double age_s : {0.0, 0.5, 1.0, 1.5, 6.0}) {
    in.feedback_age_s = age_s;
    granted.push_back(pacing.decide(in, options, {}, 0.5, 100 + age_s).invitations);
  }

  REQUIRE(granted[0] > 2);
  for (int i = 1; i <= 3; ++i) CHECK(granted[i] == granted[0]);  // It may not have gone out yet.
  CHECK(granted[4] < granted[0]);                                // By now it has.
}

TEST_CASE("without feedback acceptance is learned from who comes", "[pacer]") {
  const double acceptance = GENERATE(0.05, 0.8);
  TargetPacing pacing;
  SmallCentre centre;
  centre.acceptance = acceptance;
  Decision d;
  for (int i = 0; i < 4 * 3600; i += 2) {
    PacingInputs in = centre.inputs();
    in.proactive = {};
    in.feedback_age_s = -1;
    d = pacing.decide(in, {}, {}, centre.random.uniform(), centre.now_s);
    centre.invite(d.invitations);
    centre.step();
    centre.step();
  }

  CAPTURE(acceptance);
  CHECK(std::abs(std::log(d.explanation.acceptance / acceptance)) < std::log(2));
  CHECK(pacing.cold());  // Of no answer was it told.
  CHECK(d.state == PaceState::degraded);
}

TEST_CASE("while the budget is exceeded and the loop at its end, nothing is well", "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  PacingInputs in = ten_agents(3);
  Decision d;
  for (int i = 0; i < 2000; ++i) {
    in.answered += 1;
    in.entered += 1;
    in.proactive.abandoned += 1;
    in.proactive.answered += 1;
    in.proactive.accepted += 2;
    in.proactive.sent += 2;
    d = pacing.decide(in, {}, {}, 0.5, i);
  }

  REQUIRE(d.explanation.budget_excess > 100);
  CHECK(d.state == PaceState::degraded);
  CHECK(d.reason == PaceReason::goal_guard);
  CHECK(d.max_pending == 0);  // One for each idle slot was too many.
}

}  // namespace paceline::test
