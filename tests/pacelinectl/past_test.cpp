#include "services/pacelinectl/past.h"

#include "services/pacelinectl/commands.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/pacelinectl/watch_bodies.h"
#include "tests/support/catch.h"
#include "tests/support/has.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

constexpr const char* history_body =
    R"({"target":"t07","from":"2026-11-25T03:00:00.000Z","to":"2026-11-25T03:01:00.000Z",)"
    R"("step_s":10,"kept":[{"step_s":10,"keep_s":21600}],"columns":["time_ms","granted","abandonment","reason"],)"
    R"("rows":[[1795575600000,3,0.0213,"granted"],[1795575610000,null,0,"goal,guard"]]})";

constexpr const char* events_body =
    R"({"last":9,"events":[{"number":8,"time":"2026-11-25T03:50:19.981Z","kind":"master_changed",)"
    R"("severity":"bad","subject":"a","detail":"a is master"},)"
    R"({"number":9,"time":"2026-11-25T03:50:20.000Z","kind":"role_changed","severity":"notice",)"
    R"("subject":"","detail":"fine"}]})";

TEST_CASE("history is a table, CSV or watch's JSON", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.web["http://127.0.0.1:7110/api/v1/targets/t07/history"] = {200, history_body};
  Request asked = request("history", {"t07"});
  asked.filters = {{"from", "2026-11-25 03:00"}, {"to", "now"}};

  const Outcome table = run_command(asked, environment);
  asked.csv = true;
  const Outcome csv = run_command(asked, environment);
  asked.json = true;
  const Outcome json = run_command(asked, environment);

  CHECK(environment.asked[0] ==
        "http://127.0.0.1:7110/api/v1/targets/t07/history?from=2026-11-25%2003%3A00&to=now");
  CHECK(table.out ==
        "TIME (UTC)           GRANTED  ABANDONMENT  REASON\n"
        "2026-11-25 03:00:00        3       0.0213  granted\n"
        "2026-11-25 03:00:10        -            0  goal,guard\n"
        "2 rows of t07\n");
  CHECK(csv.out ==
        "time,granted,abandonment,reason\n"
        "2026-11-25T03:00:00.000Z,3,0.0213,granted\n"
        "2026-11-25T03:00:10.000Z,,0,\"goal,guard\"\n");
  CHECK(json.out == std::string{history_body} + "\n");
}

TEST_CASE("the compliance record is a table, and one that was changed fails", "[pacelinectl]") {
  ComplianceAnswer record{
      .target = "t07",
      .time_zone = "Europe/Berlin",
      .day_begins = "04:00",
      .rolling_days = 7,
      .keep_days = 400,
      .days = {{.date = "2026-11-28",
                .over = true,
                .watched = 0.995,
                .offered = 103,
                .answered = 97,
                .abandoned = 3,
                .abandonment = 0.03,
                .rolling_abandonment = 0.0275,
                .goal_target = "ABANDONMENT_RATE",
                .goal = 3,
                .goal_changed = true,
                .digest = "00ff"},
               {.date = "2026-11-29", .goal_target = "ABANDONMENT_RATE", .goal = 3}}};
  FakeEnvironment environment;
  const std::string url = "http://127.0.0.1:7110/api/v1/targets/t07/compliance";
  environment.web[url] = {200, json_text(record)};
  Request asked = request("compliance", {"t07"});
  asked.filters = {{"from", "2026-11-28"}};

  const Outcome good = run_command(asked, environment);
  record.fault = "2026-11-28 does not follow";
  environment.web[url] = {200, json_text(record)};
  const Outcome changed = run_command(asked, environment);

  CHECK(environment.asked[0] == url + "?from=2026-11-28");
  CHECK(good.exit == exit_fine);
  CHECK(has(good.out, "2026-11-28      103        97          3  3.00 %  2.75 %"));
  CHECK(has(good.out, "ABANDONMENT_RATE 3 (changed)  00ff"));
  CHECK(has(good.out, "2 days of t07 from 04:00 (Europe/Berlin): 3 of 100 abandoned, 3.00 %\n"));
  CHECK(changed.exit == exit_mistakes);
  CHECK(changed.error == "the record was changed after it was written: 2026-11-28 does not follow");
}

TEST_CASE("what is no history or no event list is not believed", "[pacelinectl]") {
  for (const char* body : {"", "[]", "{}", R"({"columns":["time_ms"],"rows":[]})", "\xff"})
    CHECK_FALSE(parse_history(body));
  HistoryAnswer history{.columns = {"time_ms", "a"}, .rows = {{std::int64_t{1}, 0.5}}};
  CHECK(parse_history(json_text(history)) == history);
  for (const std::vector<std::string>& columns :
       {std::vector<std::string>{}, {"x", "a"}, {"time_ms"}, {"time_ms", "a", "b"}}) {
    history.columns = columns;
    CHECK_FALSE(parse_history(json_text(history)));
  }
  history = {.columns = {"time_ms"}, .rows = {std::vector<HistoryCell>{"x"}}};
  CHECK(parse_history(json_text(history)).error().detail ==
        "not a history: a row that does not fit the columns");
  for (const char* body : {"", "[]", "{}", R"({"events":[]})", R"({"events":3,"last":1})"})
    CHECK_FALSE(parse_events(body));
}

TEST_CASE("events are lines, the oldest first", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.web["http://127.0.0.1:7110/api/v1/events"] = {200, events_body};
  Request asked = request("events");
  asked.limit = 5;

  const Outcome outcome = run_command(asked, environment);

  CHECK(outcome.exit == exit_fine);
  CHECK(outcome.out ==
        "2026-11-25T03:50:19.981Z  master_changed         a              a is master\n"
        "2026-11-25T03:50:20.000Z  role_changed           -              fine\n");
  CHECK(environment.asked[0] == "http://127.0.0.1:7110/api/v1/events?after=0&limit=5");
}

TEST_CASE("following goes on where it was, also behind a watch that began anew", "[pacelinectl]") {
  FakeEnvironment environment;
  const std::string url = "http://127.0.0.1:7110/api/v1/events";
  environment.web[url] = {200, events_body};
  environment.pauses_left = 3;
  int looks = 0;
  environment.on_pause = [&] {
    ++looks;
    if (looks == 1) environment.web[url].body = R"({"last":9,"events":[]})";
    if (looks == 2) environment.web.clear();
    if (looks == 3)
      environment.web[url] = {200, R"({"last":1,"events":[{"number":1,"time":"T","kind":"k",)"
                                   R"("severity":"good","subject":"s","detail":"new"}]})"};
  };
  Request asked = request("events");
  asked.follow = true;
  asked.json = true;

  const Outcome outcome = run_command(asked, environment);

  CHECK(outcome.exit == exit_fine);
  CHECK(std::count(environment.output.begin(), environment.output.end(), '\n') == 3);
  CHECK(environment.output.ends_with(
      "{\"time\":\"T\",\"kind\":\"k\",\"severity\":\"good\",\"subject\":"
      "\"s\",\"detail\":\"new\"}\n"));
}

}  // namespace
}  // namespace paceline::test
