#include "services/pacer/what_if.h"

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

}  // namespace
}  // namespace paceline::test
