#include "topology/targets.h"

#include <rapidcheck.h>

#include "common/base/hash.h"
#include "tests/support/catch.h"
#include "tests/topology/files.h"
#include "topology/check.h"
#include "topology/targets_diff.h"

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
  CHECK(error_of(one + "goal = 3\n") ==
        "t:6:1: target[0].goal = 3: unknown key; did you mean \"optimizationGoal\"?");
  CHECK(error_of("[option]\n" + one) ==
        "t:1:2: option = a table: unknown key; did you mean \"options\"?");
  CHECK(error_of(one + one) == "t:7:6: id = \"sales\": stands at t:2:6 already");
  CHECK(error_of("id,channel,queue\n") == "t:1:1: column group is missing");
  CHECK(error_of("id,channel,group,queue,goal\n") ==
        "t:1:24: goal: unknown column; did you mean \"optimizationGoal\"?");
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
  CHECK(refused.error().detail ==
        "t:5:1: 4 targets, 1 more than max_targets = 3 of the topology file allows");
}

TEST_CASE("all mistakes of a targets file are found at once", "[topology]") {
  const auto mistakes = check_targets(
      "id,channel,group,queue,enabled\na b,chat,G,Q,true\nc,CHAT,,Q,perhaps\nd,chat,G,Q,\n", "t");

  REQUIRE(mistakes.size() == 4);
  CHECK(mistakes[0].where.text() == "t:2:1");
  CHECK(mistakes[1].where.text() == "t:3:3");
  CHECK(mistakes[2].where.text() == "t:3:8");
  CHECK(mistakes[3].where.text() == "t:3:11");
}

TEST_CASE("the dictionary is the ids in their order", "[topology]") {
  CHECK(dictionary_hash({"a", "b"}) != dictionary_hash({"b", "a"}));
  CHECK(dictionary_hash({"a", "b"}) != dictionary_hash({"ab"}));
  CHECK(dictionary_hash({"a", "b"}) != dictionary_hash({"a", "b", ""}));
  CHECK(dictionary_hash({"a", "b"}) == dictionary_hash({"a", "b"}));
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

TEST_CASE("a media channel's options stand between those for all and the target's own",
          "[topology]") {
  const auto targets = parse_targets(
      "[options]\noptimizationGoal = 5\nproactiveRatio = 70\n"
      "[channel.callback]\noptimizationGoal = 6\nenabled = false\n" +
          one + changed(changed(one, "sales", "back"), "chat", "callback") +
          changed(changed(one, "sales", "own"), "chat", "callback") + "optimizationGoal = 7\n",
      "t");

  if (!targets) FAIL(targets.error().detail);
  CHECK(targets->all[0].options.optimization_goal == 5);
  CHECK(targets->all[0].options.enabled);
  CHECK(targets->all[1].options.optimization_goal == 6);
  CHECK(targets->all[1].options.proactive_ratio == 70);
  CHECK_FALSE(targets->all[1].options.enabled);
  CHECK(targets->all[2].options.optimization_goal == 7);
  CHECK(error_of("[channel.chatt]\nenabled = false\n" + one) ==
        "t:1:10: channel.chatt: no target is on this media channel");
  CHECK(error_of("[channel.chat]\nenable = false\n" + one) ==
        "t:2:1: channel.chat.enable = false: unknown key; did you mean \"enabled\"?");
}

TEST_CASE("every mistake of every row is told, not the first of each", "[topology]") {
  const auto mistakes = check_targets(
      "[options]\nproactiveRatio = 200\n"
      "[[target]]\nid = \"a b\"\nchannel = \"chat\"\ngroup = 7\ngoal = 3\n"
      "optimizationGoal = \"3\"\nenabled = 1\nalgorithm = \"BEST\"\n",
      "t");

  std::vector<std::string> told;
  for (const auto& mistake : mistakes) told.push_back(mistake.text());
  CHECK(told == std::vector<std::string>{
                    "t:2:18: options.proactiveRatio = 200: not in [0, 100]",
                    "t:3:1: target[0].queue is missing",
                    "t:4:6: target[0].id = \"a b\": not an id (1 to 128 letters, digits and "
                    "-_.:@)",
                    "t:6:9: target[0].group = 7: not a text",
                    "t:7:1: target[0].goal = 3: unknown key; did you mean \"optimizationGoal\"?",
                    "t:8:20: target[0].optimizationGoal = \"3\": not an integer",
                    "t:9:11: target[0].enabled = 1: not true or false",
                    "t:10:13: target[0].algorithm = \"BEST\": not one of SUPER_PROGRESSIVE, "
                    "SUPER_PROGRESSIVE_DUAL, PREDICTIVE_B, PREDICTIVE_B_DUAL"});
  CHECK(error_of("id,channel,group,queue\na b,Chat,G,Q\n") ==
        "t:2:1: id = \"a b\": not an id (1 to 128 letters, digits and -_.:@) (and 1 more "
        "mistakes; pacelinectl targets check t shows them)");
}

TEST_CASE("ids, media channels and objects have their longest lengths", "[topology]") {
  const auto is_good = [](std::size_t id, std::size_t channel, std::size_t object) {
    const std::string row = std::string(id, 'i') + "," + std::string(channel, 'c') + "," +
                            std::string(object, 'g') + "," + std::string(object, 'q');
    return parse_targets("id,channel,group,queue\n" + row + "\n", "t").has_value();
  };

  CHECK(is_good(128, 32, 256));
  CHECK_FALSE(is_good(129, 32, 256));
  CHECK_FALSE(is_good(128, 33, 256));
  CHECK_FALSE(is_good(128, 32, 257));
  CHECK_FALSE(is_good(0, 32, 256));
}

TEST_CASE("as many targets as allowed are good", "[topology]") {
  const std::string three = "id,channel,group,queue\na,c,g,q\nb,c,g,q\nc,c,g,q\n";

  CHECK(parse_targets(three, "t", 3));
  CHECK_FALSE(parse_targets(three, "t", 2));
}

TEST_CASE("objects are named in well-formed text", "[topology]") {
  const auto csv = [](const std::string& group) {
    return error_of("id,channel,group,queue\na,chat," + group + ",Q\n");
  };
  CHECK(csv("Zürich 東京 🙂") == "none");
  CHECK(csv("\xff").find("not an object id") != std::string::npos);
  CHECK(csv("\xc0\xaf").find("not an object id") != std::string::npos);
  CHECK(csv("\xed\xa0\x80").find("not an object id") != std::string::npos);
  CHECK(csv("a\x7f").find("not an object id") != std::string::npos);
  CHECK(csv("\xe6\x9d").find("not an object id") != std::string::npos);
}

Targets some_targets() {
  Targets targets;
  const auto count = *rc::gen::inRange<std::size_t>(0, 8);
  const std::vector<std::string> objects = {"Sales",  "Sales, EMEA", "a \"b\" \\n",
                                            "Zürich", "#1",          " "};
  for (std::size_t i = 0; i < count; ++i)
    targets.all.push_back(
        {.id = "t" + std::to_string(i) + *rc::gen::elementOf(std::vector<std::string>{"", ".x:@"}),
         .media_channel = *rc::gen::elementOf(std::vector<std::string>{"chat", "web-rtc"}),
         .group = *rc::gen::elementOf(objects),
         .queue = *rc::gen::elementOf(objects),
         .options = {.algorithm = static_cast<Algorithm>(*rc::gen::inRange(0, 4)),
                     .optimization_goal = *rc::gen::inRange(3, 5),
                     .refresh_period = *rc::gen::inRange(1, 3) * 1500ms,
                     .enabled = *rc::gen::inRange(0, 4) != 0}});
  return targets;
}

TEST_CASE("what is written in either form is read back the same", "[topology][property]") {
  REQUIRE(rc::check([] {
    const Targets targets = some_targets();
    const auto toml = parse_targets(targets_as_toml(targets), "t");
    const auto csv = parse_targets(targets_as_csv(targets), "t");
    RC_ASSERT(toml && csv);
    RC_ASSERT(toml->all == targets.all);
    RC_ASSERT(csv->all == targets.all);
    RC_ASSERT(toml->version() == targets.version());
  }));
}

TEST_CASE("a version tells any other content", "[topology]") {
  const auto version = [](const std::string& text) { return parse_targets(text, "t")->version(); };
  CHECK(version(one) == version("# a remark\n[options]\noptimizationGoal = 3\n" + one));
  CHECK(version(one) != version(one + "optimizationGoal = 4\n"));
  CHECK(version(one) != version(changed(one, "Sales_VQ", "Sales2")));
}

TEST_CASE("a difference names what was added, removed and changed, and how", "[topology]") {
  const auto before = parse_targets(
      "id,channel,group,queue,optimizationGoal\na,chat,A,Q,3\nb,chat,B,Q,3\nc,chat,C,Q,4\n", "t");
  const auto after = parse_targets(
      "id,channel,group,queue,optimizationGoal,enabled\nc,chat,C2,Q,5,\nd,chat,D,Q,,\n"
      "a,chat,A,Q,,\n",
      "t");
  REQUIRE((before && after));

  const auto diff = diff_targets(before->all, after->all);

  CHECK(diff.added == std::vector<std::string>{"d"});
  CHECK(diff.removed == std::vector<std::string>{"b"});
  REQUIRE(diff.changed.size() == 1);
  CHECK(diff.changed[0].id == "c");
  REQUIRE(diff.changed[0].fields.size() == 2);
  CHECK(diff.changed[0].fields[0].name == "group");
  CHECK(diff.changed[0].fields[1].name == "optimizationGoal");
  CHECK(diff.changed[0].fields[1].before == "4");
  CHECK(diff.changed[0].fields[1].after == "5");
  CHECK(diff.summary() == "1 added, 1 removed, 1 changed");
  CHECK(diff_targets(before->all, before->all).empty());
}

TEST_CASE("ten thousand wrong rows are told up to a bound", "[topology]") {
  std::string text = "id,channel,group,queue\n";
  for (int i = 0; i < 10'000; ++i) text += "t" + std::to_string(i) + ",chat,,Q\n";

  CHECK(check_targets(text, "t").size() == 200);
  CHECK(error_of(text).find(" (and at least 199 more mistakes;") != std::string::npos);
}

TEST_CASE("a targets file may have 256 MiB", "[topology]") {
  constexpr std::size_t most = 256u << 20;
  std::string text = "id,channel,group,queue\na,chat,G,Q\n";
  text.resize(most, '#');  // A remark of one line.

  CHECK(check_targets(text, "t").empty());
  text += '#';
  const auto mistakes = check_targets(text, "t");
  REQUIRE(mistakes.size() == 1);
  CHECK(mistakes[0].text() == "t:1:1: 268435457 bytes, over 268435456");
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
