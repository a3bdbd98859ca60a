#include "common/wire/schema.h"

#include <rapidcheck.h>

#include <cmath>
#include <limits>
#include <set>

#include "common/wire/codec.h"
#include "common/wire/json_fields.h"
#include "common/wire/schema_text.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

std::string refusal(const TargetPace& row) {
  StateFrame<TargetPace> frame;
  frame.indices = {0};
  frame.rows = {row};
  const auto back = decode<StateFrame<TargetPace>>(encode(frame));
  return back ? "taken" : back.error().detail;
}

}  // namespace

TEST_CASE("a value outside its field's range makes the message refused, by name", "[wire]") {
  CHECK(refusal({.reactive_state = 1}) == "taken");
  CHECK(refusal({.reactive_state = 0}) == "taken");
  CHECK(refusal({.reactive_state = 1.01}) == "reactive_state = 1.01: not in [0, 1]");
  CHECK(refusal({.pending = -1}) == "pending = -1: not in [0, 2000000000]");
  CHECK(refusal({.goal = 101}) == "goal = 101: not in [0, 100]");
}

TEST_CASE("what is not a number is in no range", "[wire]") {
  const double value = GENERATE(as<double>{}, std::nan(""), HUGE_VAL, -HUGE_VAL);

  CHECK(refusal({.predicted_wait_s = value}).starts_with("predicted_wait_s = "));
}

TEST_CASE("a header out of range is refused as its rows are", "[wire]") {
  StateFrame<TargetFeedback> frame;
  frame.header.shard = -2;
  CHECK(decode<StateFrame<TargetFeedback>>(encode(frame)).error().detail ==
        "shard = -2: not in [-1, 1023]");

  frame.header.shard = -1;
  frame.indices = {0};
  frame.rows = {{.pending = std::numeric_limits<std::int32_t>::min()}};
  CHECK(decode<StateFrame<TargetFeedback>>(encode(frame)).error().detail.starts_with("pending = "));
}

TEST_CASE("a decoded row is within every range", "[wire][property]") {
  REQUIRE(rc::check([](std::int32_t count, double share, double seconds) {
    StateFrame<TargetPace> frame;
    frame.indices = {0};
    frame.rows = {{.proactive = count, .predicted_wait_s = seconds, .abandonment = share}};
    const auto back = decode<StateFrame<TargetPace>>(encode(frame));
    const bool fits = count >= 0 && count <= max_count && share >= 0 && share <= 1 &&
                      seconds >= 0 && seconds <= max_seconds;
    RC_ASSERT(back.has_value() == fits);
  }));
}

TEST_CASE("the words of an enumeration are its enumerators", "[wire]") {
  CHECK(std::string{to_string(PaceReason::goal_guard)} == "goal_guard");
  CHECK(std::string{to_string(ElectorRole::draining)} == "draining");
  CHECK(std::string{to_string(static_cast<PaceState>(77))} == "unknown");
}

TEST_CASE("a structure as JSON has every field of its schema, none as null", "[wire]") {
  JsonWriter json;
  json.begin();
  write_fields(json, PaceCycle{.cycle = 7, .decided = 2, .decide_us = 1.5, .stat_age_s = -1});
  json.end();

  CHECK(
      json.text() ==
      R"({"cycle":7,"decided":2,"decide_us":1.5,"stat_age_s":null,"feedback_age_s":0.0,"cold":0,"awaiting":0})");
}

TEST_CASE("structures within structures, lists and pairs become JSON too", "[wire]") {
  JsonWriter json;
  json.list();
  write_value(json, Explanation{"t", PaceReason::ceiling, "s", {{"m", 3, "agents", "step", ""}}});
  write_value(json, StatusReply{.fields = {{"role", "master"}}});
  json.end_list();

  CHECK(json.text() ==
        R"([{"target":"t","reason":"ceiling","sentence":"s","steps":[{"name":"m","value":3.0,)"
        R"("unit":"agents","group":"step","note":""}]},{"fields":[["role","master"]]}])");
}

TEST_CASE("every field of every message has a name of its own and a sentence", "[wire]") {
  std::set<std::string> structures;
  for (const auto& structure : message_schema()) {
    CAPTURE(structure.name);
    CHECK(structures.insert(structure.name).second);
    CHECK(structure.meaning.ends_with('.'));
    std::set<std::string> names;
    for (const auto& field : structure.fields) {
      CAPTURE(field.name);
      CHECK(names.insert(field.name).second);
      CHECK(!field.meaning.empty());
      CHECK(!field.meaning.ends_with('.'));
      CHECK((field.type != FieldType::structure || !field.structure.empty() ||
             field.name == "families"));
    }
  }
  CHECK(structures.size() >= 19);
}

TEST_CASE("a structure's table shows unit, range and words", "[wire]") {
  const auto* pace = find_structure(message_schema(), "pace");
  REQUIRE(pace);
  const std::string table = markdown(*pace);

  CHECK(table.starts_with("| field | unit, range | meaning |\n|---|---|---|\n| `state` | `ok`, "));
  CHECK(table.find("| `goal` | percent, 0 to 100 | OptimizationGoal in force. |\n") != table.npos);
  CHECK(table.find("| `no_agents` | Nobody is logged in. |\n") != table.npos);
  CHECK(!find_structure(message_schema(), "nothing"));
}

TEST_CASE("the schema as JSON tells a program what a table tells people", "[wire]") {
  const std::string json = schema_json(message_schema());

  CHECK(
      json.find(
          R"({"name":"goal","type":"integer","list":false,"optional":false,"unit":"percent","least":0.0,)"
          R"("most":100.0,"none":false,"meaning":"optimizationGoal in force"})") != json.npos);
}

}  // namespace paceline::test
