// `--url`: what a watch is asked without a topology, with which token, and what is said when it cannot be.
#include "services/pacelinectl/commands.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/pacelinectl/watch_bodies.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

const std::string watch_place = "https://watch.example:7110";

Request by_url(const std::string& command, std::vector<std::string> words = {}) {
  Request asked = request(command, std::move(words));
  asked.topology = "/none.toml";
  asked.url = watch_place + "/";
  return asked;
}

/// A host that has nothing but its network.
FakeEnvironment elsewhere() {
  FakeEnvironment environment;
  environment.files.clear();
  environment.web[watch_place + "/api/v1/status"] = {200, json_text(demo_status())};
  environment.web[watch_place + "/api/v1/targets"] = {200, json_text(demo_targets({"t07"}))};
  environment.web[watch_place + "/api/v1/events"] = {
      200, json_text(EventsAnswer{.last = 1, .events = {{.number = 1, .kind = "paused"}}})};
  environment.web[watch_place + "/api/v1/targets/t07/history"] = {
      200, json_text(HistoryAnswer{.columns = {"time_ms"}, .rows = {}})};
  environment.web[watch_place + "/api/v1/targets/t07/compliance"] = {
      200, json_text(ComplianceAnswer{.rolling_days = 30, .keep_days = 800})};
  environment.web[watch_place + "/api/v1/targets/t07/explain"] = {
      200, json_text(Explanation{.target = "t07",
                                 .reason = PaceReason::goal_guard,
                                 .sentence = "3 free: none may go.",
                                 .steps = {{"idle", 3, "slots", "input", ""}}})};
  environment.web[watch_place + "/metrics"] = {
      200, "# TYPE x gauge\nx{node=\"a\",process=\"pacer\",index=\"0\"} 5\n"};
  return environment;
}

TEST_CASE("a watch answers by its address from a host without a topology", "[pacelinectl]") {
  for (const Request& asked : {by_url("status"), by_url("targets"), by_url("events"),
                               by_url("history", {"t07"}), by_url("compliance", {"t07"}),
                               by_url("explain", {"t07"}), by_url("metrics", {"pacer-0"})}) {
    FakeEnvironment environment = elsewhere();

    const Outcome outcome = run_command(asked, environment);

    CAPTURE(asked.command, outcome.error);
    CHECK(outcome.exit == exit_fine);
    CHECK_FALSE(outcome.out.empty());
    REQUIRE(environment.asked.size() == 1);
    CHECK(environment.asked[0].starts_with(watch_place + "/"));
    CHECK(environment.requests[0].headers.empty());
  }
}

TEST_CASE("an explanation by address is the one that the pacer's own node gives", "[pacelinectl]") {
  FakeEnvironment environment = elsewhere();
  Request asked = by_url("explain", {"t07"});

  const Outcome text = run_command(asked, environment);
  asked.json = true;
  const Outcome json = run_command(asked, environment);

  CHECK(text.out.starts_with("t07: 3 free: none may go.\ngoal_guard: "));
  CHECK(text.out.find("3 slots") != std::string::npos);
  CHECK(json.out == environment.web.at(watch_place + "/api/v1/targets/t07/explain").body + "\n");
}

TEST_CASE("a token and the authorities go with the address", "[pacelinectl]") {
  FakeEnvironment environment = elsewhere();
  environment.files["/token"].text = "hunter22\nits note\n";
  Request asked = by_url("status");
  asked.ca_file = "/ca.pem";
  asked.token = "of-the-environment";

  CHECK(run_command(asked, environment).exit == exit_fine);
  asked.token_file = "/token";
  CHECK(run_command(asked, environment).exit == exit_fine);

  REQUIRE(environment.requests.size() == 2);
  CHECK(environment.requests[0].ca_file == "/ca.pem");
  CHECK(environment.requests[0].headers ==
        HttpHeaders{{"Authorization", "Bearer of-the-environment"}});
  CHECK(environment.requests[1].headers == HttpHeaders{{"Authorization", "Bearer hunter22"}});
}

TEST_CASE("no token goes over a line that others hear", "[pacelinectl]") {
  FakeEnvironment environment = elsewhere();
  Request asked = by_url("status");
  asked.url = "http://watch.example:7110";
  asked.token = "hunter22";

  const Outcome outcome = run_command(asked, environment);

  CHECK(outcome.exit == exit_usage);
  CHECK(outcome.error ==
        "--url http://watch.example:7110: a token is sent there: must be https://");
  CHECK(environment.asked.empty());
}

TEST_CASE("an address or token that cannot be is named", "[pacelinectl]") {
  FakeEnvironment environment = elsewhere();
  Request no_url = by_url("status");
  no_url.url = "watch.example";
  Request query = by_url("status");
  query.url = watch_place + "/?x=1";
  Request no_token = by_url("status");
  no_token.token_file = "/none";

  for (const auto& [asked, words] : {std::pair{no_url, "--url watch.example: "},
                                     {query, "paths are appended to it"},
                                     {no_token, "/none: cannot be opened"}}) {
    const Outcome outcome = run_command(asked, environment);
    CHECK(outcome.exit == exit_usage);
    CHECK_THAT(outcome.error, Catch::Contains(words));
  }
}

TEST_CASE("what hinders the connection is told in its own words, with what to look at",
          "[pacelinectl]") {
  FakeEnvironment environment = elsewhere();
  const std::string url = watch_place + "/api/v1/status";
  const std::string authority = "SSL certificate problem: unable to get local issuer certificate";
  environment.web_faults[url] = Error{Errc::refused, url + ": " + authority};

  const Outcome untrusted = run_command(by_url("status"), environment);
  environment.web_faults[url] = Error{Errc::unavailable, url + ": connection refused"};
  const Outcome nobody = run_command(by_url("status"), environment);
  environment.web_faults.clear();
  environment.web[url] = {
      401,
      R"({"type":"about:blank","title":"x","status":401,"detail":"this watch wants a token"})"};
  const Outcome unknown = run_command(by_url("status"), environment);

  CHECK(untrusted.error == "no watch answers at " + watch_place + " (" + authority +
                               "): look at --ca-file, which has to have the authority of its "
                               "certificate, and at the names in that");
  CHECK(nobody.error == "no watch answers at " + watch_place +
                            " (connection refused): does a watch run there, and does `listen` of "
                            "[watch] open it to other hosts?");
  CHECK(unknown.error == watch_place +
                             ": 401 this watch wants a token; its read token: --token-file or "
                             "PACELINE_TOKEN");
  for (const Outcome& outcome : {untrusted, nobody, unknown})
    CHECK(outcome.exit == exit_not_answered);
}

TEST_CASE("what a watch does not know is not asked by its address", "[pacelinectl]") {
  FakeEnvironment environment = elsewhere();

  for (const Request& asked : {by_url("election"), by_url("reload"), by_url("check"),
                               by_url("targets diff"), by_url("pause")}) {
    const Outcome outcome = run_command(asked, environment);
    CHECK(outcome.exit == exit_usage);
    CHECK_THAT(outcome.error,
               Catch::Contains("not by --url; status, top, targets, explain, events, metrics, "
                               "history, compliance do"));
  }
  Request json = by_url("metrics", {"pacer"});
  json.json = true;
  CHECK(run_command(json, environment).exit == exit_usage);
  CHECK(run_command(by_url("metrics", {"nobody"}), environment).exit == exit_not_answered);
}

TEST_CASE("targets complete by address, nodes and processes are not known", "[pacelinectl]") {
  FakeEnvironment environment = elsewhere();
  Request asked;
  asked.command = "__complete";

  asked.arguments = {"--url", watch_place, "explain", "t"};
  CHECK(run_command(asked, environment).out == "t07\t\n");
  asked.arguments = {"--url", watch_place, "metrics", ""};
  CHECK(run_command(asked, environment).out.empty());
}

}  // namespace
}  // namespace paceline::test
