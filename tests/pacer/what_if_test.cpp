#include "services/pacer/what_if.h"

#include <array>
#include <vector>

#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;
namespace {

PacingInputs ten_agents() {
  return {.logged_in = 10, .idle = 3, .busy = 5, .wrap_up = 1};
}

Result<WhatIf> changed(std::vector<std::string> changes) {
  return what_if(ten_agents(), {}, changes);
}

TEST_CASE("more agents are idle ones", "[pacer]") {
  const auto what = changed({"agents=14"});

  REQUIRE(what);
  CHECK(what->inputs.logged_in == 14);
  CHECK(what->inputs.idle == 7);
  CHECK(what->inputs.busy == 5);
}

TEST_CASE("fewer agents go from the idle, those not ready, wrap-up, then the busy", "[pacer]") {
  const auto seven = changed({"agents=7"});
  const auto four = changed({"agents=4"});

  REQUIRE(seven);
  REQUIRE(four);
  CHECK(seven->inputs.idle == 0);
  CHECK(seven->inputs.busy == 5);
  CHECK(four->inputs.wrap_up == 0);
  CHECK(four->inputs.busy == 4);
}

TEST_CASE("options are changed by their own rules", "[pacer]") {
  const auto what = changed({"goal=5", "algorithm=PREDICTIVE_B_DUAL", "ratio=20", "enabled=false"});

  REQUIRE(what);
  CHECK(what->options.optimization_goal == 5);
  CHECK(what->options.algorithm == Algorithm::predictive_b_dual);
  CHECK(what->options.proactive_ratio == 20);
  CHECK(!what->options.enabled);
}

TEST_CASE("what is no change names key and value", "[pacer]") {
  for (const char* bad : {"agents=-1", "agents=many", "agents", "goal=0", "goal=100", "colour=red",
                          "algorithm=BEST", "enabled=perhaps", "refreshes=0", "", "="})
    CHECK_FALSE(changed({bad}));
  CHECK(changed({"goal=100"}).error().detail == "goal = 100: not a whole number in [1, 99]");
}

TEST_CASE("the target itself does not learn from a question", "[pacer]") {
  TargetPacing asked;
  TargetPacing left_alone;
  const auto what = changed({"agents=40", "refreshes=10"});
  REQUIRE(what);
  for (auto* pacing : {&asked, &left_alone}) pacing->decide(ten_agents(), {}, {}, 0.5, 1);

  const Decision more = decide_held(asked, *what, {}, 0.5, 2);
  const Decision after = asked.decide(ten_agents(), {}, {}, 0.5, 3);
  const Decision expected = left_alone.decide(ten_agents(), {}, {}, 0.5, 3);

  CHECK(after.m == expected.m);
  CHECK(more.max_pending > after.max_pending);
}

TEST_CASE("each input and option can be changed within its range", "[pacer]") {
  const auto what =
      changed({"idle=1", "busy=2", "wrap_up=3", "queue=4", "pending=5", "goal=99", "ratio=100",
               "optimization_target=BUSY_FACTOR", "refreshes=100", "enabled=true"});

  REQUIRE(what);
  CHECK(what->inputs.idle == 1);
  CHECK(what->inputs.busy == 2);
  CHECK(what->inputs.wrap_up == 3);
  CHECK(what->inputs.queue == 4);
  CHECK(what->inputs.proactive.pending == 5);
  CHECK(what->inputs.logged_in == 10);
  CHECK(what->options.optimization_goal == 99);
  CHECK(what->options.proactive_ratio == 100);
  CHECK(what->options.optimization_target == OptimizationTarget::busy_factor);
  CHECK(what->options.enabled);
  CHECK(what->refreshes == 100);
  for (const char* key : {"agents", "idle", "busy", "wrap_up", "queue", "pending"}) {
    CAPTURE(key);
    CHECK(changed({std::string{key} + "=0"}));
    CHECK(changed({std::string{key} + "=100000"}));
    CHECK_FALSE(changed({std::string{key} + "=100001"}));
    CHECK_FALSE(changed({std::string{key} + "=-1"}));
    CHECK_FALSE(changed({std::string{key} + "=1x"}));
    CHECK_FALSE(changed({std::string{key} + "="}));
  }
  CHECK(changed({"goal=1"}));
  CHECK(changed({"ratio=0"}));
  CHECK(changed({"refreshes=1"}));
  CHECK_FALSE(changed({"ratio=101"}));
  CHECK_FALSE(changed({"refreshes=101"}));
  CHECK_FALSE(changed({"idle"}));
}

TEST_CASE("the agents who leave are free, not ready, in wrap-up and busy, in this order",
          "[pacer]") {
  const auto left = [](int agents) {
    const auto in = changed({"agents=" + std::to_string(agents)})->inputs;
    CHECK(in.logged_in == agents);
    CHECK(in.slots == 0);
    return std::array{in.idle, in.wrap_up, in.busy};
  };

  // Ten: three free, one not ready, one in wrap-up, five busy.
  CHECK(left(10) == std::array{3, 1, 5});
  CHECK(left(8) == std::array{1, 1, 5});
  CHECK(left(7) == std::array{0, 1, 5});
  CHECK(left(6) == std::array{0, 1, 5});
  CHECK(left(5) == std::array{0, 0, 5});
  CHECK(left(2) == std::array{0, 0, 2});
  CHECK(left(0) == std::array{0, 0, 0});
}

TEST_CASE("agents with several slots come and go with all of them", "[pacer]") {
  const PacingInputs chats{.logged_in = 5, .slots = 15, .idle = 4, .busy = 9};
  const auto with = [&](const std::string& agents) {
    return what_if(chats, {}, std::vector<std::string>{"agents=" + agents})->inputs;
  };

  CHECK(with("7").slots == 21);
  CHECK(with("7").idle == 10);
  CHECK(with("4").slots == 12);
  CHECK(with("4").idle == 1);
  CHECK(with("2").busy == 6);
  const PacingInputs nobody{.logged_in = 0, .slots = 3};
  CHECK(what_if(nobody, {}, std::vector<std::string>{"agents=2"})->inputs.slots == 2);
}

TEST_CASE("inputs are held for so many refreshes, a period apart", "[pacer]") {
  TargetPacing asked;
  TargetPacing reference;
  const auto what = changed({"queue=2", "refreshes=3"});
  REQUIRE(what);
  for (auto* pacing : {&asked, &reference}) pacing->decide(ten_agents(), {}, {}, 0.5, 1);

  const Decision held = decide_held(asked, *what, {}, 0.25, 10);

  for (const double now_s : {10.0, 12.0}) reference.decide(what->inputs, {}, {}, 0.25, now_s);
  const Decision last = reference.decide(what->inputs, {}, {}, 0.25, 14);
  CHECK(held.m == last.m);
  CHECK(held.explanation.patience_s == last.explanation.patience_s);
}

}  // namespace
}  // namespace paceline::test
