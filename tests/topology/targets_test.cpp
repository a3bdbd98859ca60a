#include "topology/targets.h"

#include <rapidcheck.h>

#include "common/base/hash.h"
#include "tests/support/catch.h"
#include "tests/topology/files.h"
#include "topology/check.h"

namespace paceline::test {
namespace {

std::string error_of(std::string_view text, std::size_t max_targets = default_max_targets) {
  const auto targets = parse_targets(text, "t", max_targets);
  return targets ? "none" : targets.error().detail;
}

const std::string one =
    "[[target]]\nid = \"sales\"\nchannel = \"chat\"\ngroup = \"Sales\"\n"
    "queue = \"Sales_VQ\"\n";

TEST_CASE("the demo has fifty targets, each with its own group and queue", "[topology]") {
  const auto targets = parse_targets(shipped("demo-targets.toml"), "t");

  if (!targets) FAIL(targets.error().detail);
  REQUIRE(targets->all.size() == 50);
  CHECK(targets->all[7].id == "t07");
  CHECK(targets->all[7].media_channel == "chat");
  CHECK(targets->all[9].media_channel == "callback");
  CHECK(targets->all[7].group == "group-07");
  CHECK(targets->all[7].queue == "queue-07");
  CHECK(targets->all[7].options == PacingOptions{});
  CHECK(targets->all[49].options.algorithm == Algorithm::predictive_b_dual);
  CHECK(targets->dictionary == dictionary_of(targets->ids()));
}

TEST_CASE("a target's own options stand on top of those for all", "[topology]") {
  const auto targets = parse_targets("[options]\noptimizationGoal = 5\nproactiveRatio = 70\n" +
                                         one + "optimizationGoal = 4\nenabled = false\n",
                                     "t");

  REQUIRE(targets);
  CHECK(targets->all[0].options.optimization_goal == 4);
  CHECK(targets->all[0].options.proactive_ratio == 70);
  CHECK_FALSE(targets->all[0].options.enabled);
}

TEST_CASE("a table of comma-separated values says the same", "[topology]") {
  const auto targets = parse_targets(
      "id,channel,group,queue,algorithm,optimizationGoal,refreshPeriod\r\n"
      "sales,chat,\"Sales, EMEA\",\"Q \"\"1\"\"\",PREDICTIVE_B,5,500ms\r\n"
      "\n# a remark\n"
      "help,callback,Help,Help_VQ,,,\n",
      "t");

  if (!targets) FAIL(targets.error().detail);
  REQUIRE(targets->all.size() == 2);
  CHECK(targets->all[0].group == "Sales, EMEA");
  CHECK(targets->all[0].queue == "Q \"1\"");
  CHECK(targets->all[0].options.algorithm == Algorithm::predictive_b);
  CHECK(targets->all[0].options.optimization_goal == 5);
  CHECK(targets->all[0].options.refresh_period == 500ms);
  CHECK(targets->all[1].options == PacingOptions{});
}

TEST_CASE("errors name line, key and value", "[topology]") {
  CHECK(error_of("[[target]]\nid = \"a b\"\nchannel = \"chat\"\ngroup = \"G\"\nqueue = \"Q\"\n") ==
        "t:2:6: target[0].id = \"a b\": not an id (1 to 128 letters, digits and -_.:@)");
  CHECK(error_of(changed(one, "chat", "Chat")).starts_with("t:3:11: target[0].channel = \"Chat\""));
  CHECK(error_of(changed(one, "queue", "cue")).find("target[0].queue is missing") !=
        std::string::npos);
  CHECK(error_of(one + "optimizationGoal = 100\n") ==
        "t:6:20: target[0].optimizationGoal = 100: not in [1, 99]");
  CHECK(error_of(one + "goal = 3\n") == "t:6:1: target[0].goal = 3: unknown key");
  CHECK(error_of("[option]\n" + one) == "t:1:2: option = a table: unknown key");
  CHECK(error_of(one + one) == "t:7:6: id = \"sales\": stands at t:2:6 already");
  CHECK(error_of("id,channel\n") == "t:1:1: column group is missing");
  CHECK(error_of("id,channel,group,queue,goal\n") == "t:1:24: goal: unknown column");
  CHECK(error_of("id,channel,group,queue\na,chat,G\n") == "t:2:1: 3 cells, the header has 4");
  CHECK(error_of("id,channel,group,queue\na,chat,\"G,Q\n") == "t:2:1: a quote without its end");
  CHECK(error_of("id,channel,group,queue,proactiveRatio\na,chat,G,Q,101\n") ==
        "t:2:12: proactiveRatio = \"101\": not in [0, 100]");
  CHECK(error_of("not toml") != "none");
}

TEST_CASE("the same id twice is refused in a table too", "[topology]") {
  CHECK(error_of("id,channel,group,queue\na,chat,G,Q\nb,chat,G,Q\na,chat,G,Q\n") ==
        "t:4:1: id = \"a\": stands at t:2:1 already");
}

TEST_CASE("more targets than allowed are too large", "[topology]") {
  std::string text = "id,channel,group,queue\n";
  for (int i = 0; i < 4; ++i) text += "t" + std::to_string(i) + ",chat,G,Q\n";

  CHECK(parse_targets(text, "t", 4));
  const auto refused = parse_targets(text, "t", 3);

  REQUIRE(!refused);
  CHECK(refused.error().code == Errc::too_large);
  CHECK(refused.error().detail == "t:5:1: more than 3 targets (maxTargets)");
}

TEST_CASE("all mistakes of a targets file are found at once", "[topology]") {
  const auto mistakes = check_targets(
      "id,channel,group,queue,enabled\na b,chat,G,Q,true\nc,CHAT,,Q,perhaps\nd,chat,G,Q,\n", "t");

  REQUIRE(mistakes.size() == 4);
  CHECK(mistakes[0].where == "t:2:1");
  CHECK(mistakes[1].where == "t:3:3");
  CHECK(mistakes[2].where == "t:3:8");
  CHECK(mistakes[3].where == "t:3:11");
}

TEST_CASE("the dictionary is the ids in their order", "[topology]") {
  CHECK(dictionary_of({"a", "b"}) != dictionary_of({"b", "a"}));
  CHECK(dictionary_of({"a", "b"}) != dictionary_of({"ab"}));
  CHECK(dictionary_of({"a", "b"}) != dictionary_of({"a", "b", ""}));
  CHECK(dictionary_of({"a", "b"}) == dictionary_of({"a", "b"}));
}

TEST_CASE("any bytes give targets or an error with a line", "[topology][property]") {
  REQUIRE(rc::check([](const std::string& bytes, bool table) {
    const std::string text =
        table ? "id,channel,group,queue,enabled,refreshPeriod\n" + bytes : bytes;
    const auto targets = parse_targets(text, "t");
    if (!targets) RC_ASSERT(targets.error().detail.starts_with("t:"));
  }));
}

TEST_CASE("a damaged targets file gives targets or an error with a line", "[topology][property]") {
  const std::string good = shipped("demo-targets.toml").substr(0, 900);

  REQUIRE(rc::check([&] {
    std::string text = good;
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    text.erase(at, *rc::gen::inRange<std::size_t>(0, 20));
    text.insert(at, *rc::gen::arbitrary<std::string>());
    const auto targets = parse_targets(text, "t");
    if (!targets) RC_ASSERT(targets.error().detail.starts_with("t:"));
    RC_ASSERT(targets.has_value() == check_targets(text, "t").empty());
  }));
}

TEST_CASE("ten thousand rows are read", "[topology]") {
  std::string text = "id,channel,group,queue\n";
  for (int i = 0; i < 10'000; ++i) {
    const std::string number = std::to_string(i);
    text += "t" + number + ",chat,g" + number + ",q" + number + "\n";
  }

  const auto targets = parse_targets(text, "t");

  REQUIRE(targets);
  CHECK(targets->all.size() == 10'000);
}

}  // namespace
}  // namespace paceline::test
