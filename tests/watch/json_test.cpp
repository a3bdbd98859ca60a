#include "services/watch/json.h"

#include <rapidcheck.h>

#include <limits>

#include <nlohmann/json.hpp>

#include "common/wire/json_reader.h"
#include "common/wire/past_answers.h"
#include "tests/support/catch.h"
#include "tests/watch/fixtures.h"

namespace paceline::test {
using namespace watch;

TEST_CASE("status has the members that pacelinectl promises", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  view.hear(says("a", ElectorRole::master, 257), start, morning);
  view.hear(says("b", ElectorRole::follower, 257), start, morning);
  view.hear(publishes("a", true), start);
  const TargetTable table{names({"t0", "t1"})};

  const auto json = nlohmann::json::parse(
      status_json(view.status(start, morning), table.totals(), "http://127.0.0.1:7110/"));

  CHECK(json["cluster"] == "demo");
  CHECK(json["term"] == 257);
  CHECK(json["master"] == "a");
  CHECK(json["targets"] == 2);
  CHECK(json["watch_url"] == "http://127.0.0.1:7110/");
  CHECK(json["time"] == "2026-09-21T14:13:20.000Z");
  REQUIRE(json["nodes"].size() == 3);
  CHECK(json["nodes"][0]["name"] == "a");
  CHECK(json["nodes"][0]["role"] == "master");
  CHECK(json["nodes"][0]["publisher"] == "open");
  CHECK(json["nodes"][1]["role"] == "standby");
  CHECK(json["nodes"][1]["publisher"] == "down");
  CHECK(json["nodes"][2]["role"] == "down");
  CHECK(json["nodes"][2]["heard_s"].is_null());
  CHECK(json["nodes"][2]["publisher"] == "none");
  CHECK(json["nodes"][0]["publication"]["round_trip_share"] == 0.0);
  CHECK(json["ready"] == false);
  CHECK(json["totals"]["by_reason"].size() == pace_reasons);
}

TEST_CASE("a target as JSON, word for word", "[watch]") {
  TargetTable table{names({"t0"})};
  auto pace = paced(PaceReason::granted, 4);
  pace.acceptance = 0.25;
  pace.goal = 3;
  table.set_pace(0, pace);
  table.set_feedback(0, {.sent = 9, .accepted = 2});

  CHECK(
      target_json(table.row(0)) ==
      R"({"id":"t0","channel":"chat","group":"group-t0","queue":"queue-t0",)"
      R"("algorithm":"SUPER_PROGRESSIVE","optimization_target":"ABANDONMENT_RATE",)"
      R"("state":"ok","reason":"granted","proactive":4,"max_pending":0,"reactive":0,)"
      R"("reactive_state":1.0,"predicted_wait_s":0.0,"logged_in":0,"ready":0,"busy":0,)"
      R"("after_call_work":0,"in_queue":0,"pending":0,"acceptance":0.25,"abandonment":0.0,)"
      R"("busy_factor":0.0,"goal":3,"quality":"not_visible","not_ready":0,)"
      R"("handling_time_s":0.0,"waiting_time_s":0.0,"statistics_age_s":0.0,"entered":0,)"
      R"("served":0,"lost":0,"sent":9,"accepted":2,"rejected":0,"timed_out":0,"answered":0,)"
      R"("abandoned":0,"outstanding":0,"pool":"","pool_targets":1,"slots":0,"in_handling":null})");
}

TEST_CASE("the table form says the same as the objects", "[watch]") {
  TargetTable table{names({"t0", "t1"})};
  table.set_pace(1, paced(PaceReason::ceiling, 7));
  const auto selection = table.select({});

  const auto objects = nlohmann::json::parse(targets_json(table, selection, {}));
  const auto rows = nlohmann::json::parse(targets_table_json(table, selection));

  CHECK(objects["total"] == 2);
  CHECK(rows["matching"] == 2);
  for (std::size_t row = 0; row < 2; ++row)
    for (std::size_t column = 0; column < rows["columns"].size(); ++column)
      CHECK(rows["rows"][row][column] ==
            objects["targets"][row][rows["columns"][column].get<std::string>()]);
}

TEST_CASE("an explanation keeps every step", "[watch]") {
  const auto json = nlohmann::json::parse(explanation_json(
      {.target = "t0",
       .reason = PaceReason::goal_guard,
       .sentence = "held back",
       .steps = {{"risk", std::numeric_limits<double>::quiet_NaN(), "", "step", "none yet"}}}));

  CHECK(json["reason"] == "goal_guard");
  CHECK(json["steps"][0]["name"] == "risk");
  CHECK(json["steps"][0]["value"].is_null());
}

TEST_CASE("events carry number and time", "[watch]") {
  const std::vector<Event> events{{4, 1'790'000'000'000, "role_changed", "bad", "a", "a is down"}};

  CHECK(events_json(events, 9) ==
        R"({"last":9,"events":[{"number":4,"time":"2026-09-21T14:13:20.000Z",)"
        R"("kind":"role_changed","severity":"bad","subject":"a","detail":"a is down"}]})");
}

TEST_CASE("what watch answers is read back, also while nothing was heard", "[watch]") {
  ClusterView view{two_nodes_and_a_witness()};
  TargetTable table{names({"t0"})};
  CHECK(json_read<StatusAnswer>(status_json(view.status(start, morning), table.totals(), "")));
  CHECK(json_read<TargetsAnswer>(targets_json(table, table.select({}), {})));

  view.hear(says("a", ElectorRole::master, 257), start, morning);
  view.hear(publishes("a", true), start);
  view.hear_rows("pace", "a/pacer/0", -1, start, start);
  table.set_pace(0, paced(PaceReason::granted, 4));
  auto status = view.status(start, morning);
  const auto read = json_read<StatusAnswer>(status_json(status, table.totals(), "url"));

  REQUIRE(read);
  CHECK(read->nodes == status.nodes);
  CHECK(read->channels == status.channels);
  CHECK(read->totals == table.totals());
  CHECK(read->targets == 1);
  CHECK(read->watch_url == "url");
  CHECK(read->not_ready_because == readiness(status).reasons);
}

TEST_CASE("history is whole numbers, fractions and words by its columns", "[watch]") {
  HistorySeries series{.from_ms = 1'790'000'000'000, .to_ms = 1'790'000'010'000, .step_ms = 10'000};
  auto& point = series.points.emplace_back();
  point.key = 179'000'000;
  point.values.at[history::granted] = 25;
  point.values.at[history::pending] = 30;
  point.values.at[history::reason] = static_cast<std::int32_t>(PaceReason::ceiling);

  const auto read = json_read<HistoryAnswer>(history_json("t0", series, 10'000));

  REQUIRE(read);
  CHECK(read->target == "t0");
  CHECK(read->from == "2026-09-21T14:13:20.000Z");
  CHECK(read->step_s == 10);
  CHECK(read->kept.size() == history_tiers.size());
  REQUIRE(read->columns.size() == history::count + 1);
  CHECK(read->columns.back() == "reason");
  REQUIRE(read->rows.size() == 1);
  CHECK(read->rows[0][0] == HistoryCell{std::int64_t{1'790'000'000'000}});
  CHECK(read->rows[0][1 + history::granted] == HistoryCell{2.5});
  CHECK(read->rows[0][1 + history::pending] == HistoryCell{std::int64_t{3}});
  CHECK(read->rows[0].back() == HistoryCell{"ceiling"});
}

TEST_CASE("a problem is as RFC 9457 wants it", "[watch]") {
  CHECK(problem_json(404, "Not Found", "no target 'x'") ==
        R"({"type":"about:blank","title":"Not Found","status":404,"detail":"no target 'x'"})");
}

TEST_CASE("any text and any number make valid JSON", "[watch][property]") {
  REQUIRE(rc::check("valid JSON", [](const std::string& text, double number) {
    const Explanation explanation{.target = text,
                                  .reason = PaceReason::granted,
                                  .sentence = text,
                                  .steps = {{text, number, text, text, text}}};
    const auto json = nlohmann::json::parse(explanation_json(explanation));
    RC_ASSERT(json["steps"].size() == 1u);
    RC_ASSERT(nlohmann::json::parse(problem_json(400, text, text))["status"] == 400);
  }));
}

}  // namespace paceline::test
