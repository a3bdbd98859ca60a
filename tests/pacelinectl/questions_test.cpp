// Whom a command asks, in which order, and with which exit code it ends when nobody is there or a
// file is wrong: README.md and COMMANDS.md.
#include "common/base/hash.h"
#include "services/pacelinectl/commands.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/pacelinectl/watch_bodies.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

/// "a/pacer/0" of "a/pacer/0 explain t07", "http://127.0.0.1:7110" of a URL: each once, in order.
std::vector<std::string> asked_by(const Request& question) {
  FakeEnvironment environment;
  environment.files["good.csv"].text = "id,channel,group,queue\na,chat,G,Q\n";
  CHECK(run_command(question, environment).exit == exit_not_answered);
  std::vector<std::string> whom;
  for (const auto& said : environment.asked) {
    const auto end = said.starts_with("http") ? said.find("/api") : said.find(' ');
    if (whom.empty() || whom.back() != said.substr(0, end)) whom.push_back(said.substr(0, end));
  }
  return whom;
}

TEST_CASE("a silent cluster is asked in the order of the manual, and no further", "[pacelinectl]") {
  REQUIRE(shard_of("t07", 2) == 0);
  Request what_if = request("what-if", {"t07"});
  what_if.filters = {{"agents", "12"}};
  using Whom = std::vector<std::string>;
  const Whom watches = {"http://127.0.0.1:7110", "http://127.0.0.1:7130"};
  const Whom pacers = {"a/pacer/0", "b/pacer/0"};
  const Whom electors = {"a/elector/0", "b/elector/0", "w/elector/0"};
  const Whom statfeed = {"a/statfeed/0"};
  struct Case {
    Request question;
    Whom whom;
  };
  for (const auto& [question, whom] :
       {// Each watch knows the whole cluster.
        Case{request("status"), watches}, Case{request("targets"), watches},
        Case{request("history", {"t07"}), watches}, Case{request("events"), watches},
        Case{request("top"), watches},
        // The same process of any node knows the answer.
        Case{request("explain", {"t07"}), pacers}, Case{what_if, pacers},
        Case{request("election"), electors}, Case{request("handover"), electors},
        Case{request("pause"), electors}, Case{request("resume"), electors},
        // One node is spoken of, or changed.
        Case{request("metrics", {"pacer-1"}), {"a/pacer/1"}},
        Case{request("reload", {"publisher"}), {"a/publisher/0"}},
        Case{request("loglevel", {"pacer", "debug"}), {"a/pacer/0", "a/pacer/1"}},
        Case{request("drain"), {"a/elector/0"}}, Case{request("undrain", {"b"}), {"b/elector/0"}},
        Case{request("record"), statfeed}, Case{request("statserver"), statfeed},
        Case{request("statserver switch"), statfeed}, Case{request("statserver unseen"), statfeed},
        Case{request("targets diff", {"good.csv"}), {"a/watch/0"}},
        Case{request("targets export"), {"a/watch/0"}}}) {
    CAPTURE(question.command);
    CHECK(asked_by(question) == whom);
  }
}

TEST_CASE("of the other node what is named is asked first", "[pacelinectl]") {
  Request question = request("explain", {"t07"});
  question.node = "b";

  CHECK(asked_by(question) == std::vector<std::string>{"b/pacer/0", "a/pacer/0"});
}

TEST_CASE("when no pacer of the shard answers both sockets are named", "[pacelinectl]") {
  FakeEnvironment environment;

  const Outcome outcome = run_command(request("explain", {"t07"}), environment);

  CHECK(outcome.exit == exit_not_answered);
  CHECK(outcome.error.find("/a/pacer-0.ctl, ipc://") != std::string::npos);
  CHECK(outcome.error.find("/b/pacer-0.ctl: ") != std::string::npos);
}

TEST_CASE("a topology file with a mistake ends every command that needs it with 3",
          "[pacelinectl]") {
  FakeEnvironment environment;
  environment.files["/etc/bad.toml"].text = "cluster = 3\n";
  for (const Request& good : {request("status"),
                              request("top"),
                              request("explain", {"t"}),
                              request("election"),
                              request("handover"),
                              request("pause"),
                              request("resume"),
                              request("drain"),
                              request("undrain"),
                              request("reload"),
                              request("loglevel", {"pacer", "info"}),
                              request("metrics", {"elector"}),
                              request("statserver"),
                              request("record"),
                              request("events"),
                              request("history", {"t"}),
                              request("watch", {"pace"}),
                              request("keys"),
                              request("topology check"),
                              request("topology draw"),
                              request("topology supervisor"),
                              request("topology units"),
                              request("targets export")}) {
    Request bad = good;
    bad.topology = "/etc/bad.toml";
    Request missing = good;
    missing.topology = "/etc/none.toml";

    CAPTURE(good.command);
    CHECK(run_command(bad, environment).exit == exit_mistakes);
    CHECK(run_command(missing, environment).exit == exit_usage);
  }
  CHECK(environment.asked.empty());
}

TEST_CASE("top goes on while watch is gone, says so, and is live again when it is back",
          "[pacelinectl]") {
  FakeEnvironment environment;
  const std::string place = "http://127.0.0.1:7110/api/v1/";
  const auto serve = [&](bool there) {
    environment.web.clear();
    if (!there) return;
    environment.web[place + "status"] = {200, json_text(demo_status())};
    environment.web[place + "targets"] = {200, json_text(demo_targets({"t07"}))};
  };
  serve(true);
  environment.terminal = true;
  environment.keys = {{}, {}, {}, {KeyPress::Key::character, 'q'}};
  environment.on_wait = [&] { serve(environment.frames.size() >= 3); };

  const Outcome outcome = run_command(request("top"), environment);

  CHECK(outcome.exit == exit_fine);
  REQUIRE(environment.frames.size() == 4);
  for (const bool gone : {false, true, true, false}) {
    const std::string frame = environment.frames.front();
    environment.frames.erase(environment.frames.begin());
    CHECK(frame.find("t07") != std::string::npos);  // What was seen before stays.
    CHECK((frame.find("no watch answers at") != std::string::npos) == gone);
  }
}

}  // namespace
}  // namespace paceline::test
