#include "services/pacelinectl/commands.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/support/catch.h"
#include "tests/support/has.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

const StatusReply pair_status{{{"in_use", "backup"},
                               {"primary", "http://s1/statistics/v3"},
                               {"primary_up", "false"},
                               {"primary_mode", "push"},
                               {"primary_session", "lost"},
                               {"backup", "http://s2/statistics/v3"},
                               {"backup_up", "true"},
                               {"backup_mode", "push"},
                               {"backup_session", "complete"},
                               {"targets", "50"},
                               {"targets_not_visible", "2"},
                               {"switches", "1"},
                               {"in_use_because", "lost"},
                               {"in_use_for", "12s"},
                               {"provisional", "true"}}};

}  // namespace

TEST_CASE("the pair is shown with the server in use and why", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.processes["b/statfeed/0"] = encode(pair_status);

  const auto outcome = run_command(request_at("b", "statserver"), environment);

  CAPTURE(outcome.out);
  CHECK(outcome.exit == exit_fine);
  CHECK(has(outcome.out, "node b uses backup, for 12s (why: lost); 1 switches"));
  CHECK(has(outcome.out, "its numbers are provisional"));
  CHECK(has(outcome.out, "primary          no      lost      push"));
  CHECK(has(outcome.out, "backup   yes     yes     complete  push"));
  CHECK(has(outcome.out, "2 of 50 targets are not visible"));
}

TEST_CASE("a switch is asked of our node's statfeed and of no other", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.processes["a/statfeed/0"] = encode(pair_status);

  const auto silent = run_command(request_at("b", "statserver switch"), environment);
  CHECK(silent.exit == exit_not_answered);
  CHECK(has(silent.error, "statfeed of node b"));
  CHECK(environment.asked == std::vector<std::string>{"b/statfeed/0 switch_server"});

  environment.processes["b/statfeed/0"] = fail(Errc::refused, "primary is not usable");
  const auto refused = run_command(request_at("b", "statserver switch"), environment);
  CHECK(refused.exit == exit_not_answered);
  CHECK(has(refused.error, "primary is not usable"));
}

TEST_CASE("what is not visible is listed with object and name", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.processes["b/statfeed/0"] =
      encode(StatusReply{{{"t07", "in_queue\tunknown\tQueue\tq07\tCurrent_In_Queue"}}});

  const auto outcome = run_command(request_at("b", "statserver unseen"), environment);
  auto as_json = request_at("b", "statserver unseen");
  as_json.json = true;

  CAPTURE(outcome.out);
  CHECK(has(outcome.out, "t07     in_queue  unknown  Queue        q07     Current_In_Queue"));
  CHECK(has(outcome.out, "1 statistics without a value"));
  CHECK(has(run_command(as_json, environment).out, R"("statistic": "Current_In_Queue")"));
}

}  // namespace paceline::test
