#include "services/pacelinectl/past.h"

#include "services/pacelinectl/commands.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/pacelinectl/watch_bodies.h"
#include "tests/support/catch.h"

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
