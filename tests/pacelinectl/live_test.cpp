// Commands that follow or compute: watch, what-if, bench, top, schema, completion, man.
#include <nlohmann/json.hpp>

#include "common/base/hash.h"
#include "common/wire/schema_text.h"
#include "services/pacelinectl/commands.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/pacelinectl/watch_bodies.h"
#include "tests/support/catch.h"
#include "tests/support/has.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

TEST_CASE("watch shows a line a message, as many as asked for", "[pacelinectl]") {
  FakeEnvironment environment;
  for (std::uint64_t term : {1u, 2u, 3u})
    environment.messages.emplace_back(Address{"a", "elector", 0},
                                      encode(Grant{.node = "a", .term = term}));
  Request asked = request("watch", {"grant"});
  asked.limit = 2;

  const Outcome outcome = run_command(asked, environment);

  CHECK(outcome.exit == exit_fine);
  CHECK(has(environment.output, " a/elector/0 version=1 node=a incarnation=0 sequence=0 term=1 "));
  CHECK(has(environment.output, " a/elector/0 version=1 node=a incarnation=0 sequence=0 term=2 "));
  CHECK_FALSE(has(environment.output, "term=3"));
  CHECK(environment.asked == std::vector<std::string>{"a subscribes to grant"});
}

TEST_CASE("watch asks who writes the rows for their names", "[pacelinectl]") {
  FakeEnvironment environment;
  StateFrame<TargetPace> frame;
  frame.header.keyframe = true;
  frame.header.dictionary = 5;
  frame.ids = {"t07"};
  frame.indices = {0};
  frame.rows = {{.proactive = 1}};
  environment.processes.emplace("a/pacer/0", encode(frame));
  frame.header.keyframe = false;
  frame.ids.clear();
  frame.rows[0].proactive = 2;
  environment.messages.emplace_back(Address{"a", "pacer", 0}, encode(frame));

  const Outcome outcome = run_command(request("watch", {"pace"}), environment);

  CHECK(outcome.exit == exit_fine);
  CHECK(environment.asked[0] == "a/pacer/0 keyframe pace -1");
  CHECK(has(environment.output, "a/pacer/0 t07 "));
  CHECK(has(environment.output, "proactive=2"));
}

TEST_CASE("watch says what is wrong: a channel, silence, messages that cannot be read",
          "[pacelinectl]") {
  FakeEnvironment environment;

  const Outcome unknown = run_command(request("watch", {"nonsense"}), environment);
  const Outcome silent = run_command(request("watch", {"grant"}), environment);
  environment.messages.emplace_back(Address{"a", "elector", 0}, Bytes{0xc1});
  const Outcome garbage = run_command(request("watch", {"grant"}), environment);
  Request rowless = request("watch", {"grant"});
  rowless.only = "t07";

  CHECK(unknown.exit == exit_usage);
  CHECK(has(unknown.error, "CHANNEL = nonsense: not one of stat, pace,"));
  CHECK(silent.exit == exit_not_answered);
  CHECK(has(silent.error, "is the group running? try supervisorctl status"));
  CHECK(garbage.exit == exit_not_answered);
  CHECK(has(garbage.error, "1 messages could not be read, the last from a/elector/0"));
  CHECK(run_command(rowless, environment).exit == exit_usage);
}

// A pacer that answers what_if: 2 invitations as it is, 9 with any change.
Explanation what_if_answer(const ControlRequest& asked, int entered) {
  const bool changed = asked.arguments.size() > 2;
  Explanation explanation{.target = "t07",
                          .reason = changed ? PaceReason::granted : PaceReason::pending_enough,
                          .sentence = "So it is.",
                          .steps = {}};
  explanation.steps = {{"entered", static_cast<double>(entered), "interactions", "input", ""},
                       {"logged_in", changed ? 12.0 : 8.0, "agents", "input", ""},
                       {"idle", 3, "slots", "input", ""},
                       {"invitations", changed ? 9.0 : 2.0, "invitations", "result", ""}};
  return explanation;
}

TEST_CASE("what-if shows now and then side by side, and only what differs", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.on_ask = [](const ControlRequest& asked) { return encode(what_if_answer(asked, 1)); };
  Request asked = request("what-if", {"t07"});
  asked.filters = {{"agents", "12"}, {"goal", "5"}};

  const Outcome outcome = run_command(asked, environment);

  const std::string pacer = "a/pacer/" + std::to_string(shard_of("t07", 2));
  CHECK(outcome.exit == exit_fine);
  CHECK(environment.asked ==
        std::vector<std::string>{pacer + " what_if t07 refreshes=5",
                                 pacer + " what_if t07 agents=12 goal=5 refreshes=5"});
  CHECK(has(outcome.out, "t07: agents=12, goal=5\n"));
  CHECK(has(outcome.out, "2 invitations  9 invitations"));
  CHECK(has(outcome.out, "8 agents      12 agents"));
  CHECK_FALSE(has(outcome.out, "idle"));
}

TEST_CASE("what-if does not compare two different moments", "[pacelinectl]") {
  FakeEnvironment environment;
  int entered = 0;
  environment.on_ask = [&](const ControlRequest& asked) {
    return encode(what_if_answer(asked, ++entered));
  };
  Request asked = request("what-if", {"t07"});
  asked.filters = {{"agents", "12"}};

  const Outcome outcome = run_command(asked, environment);

  CHECK(outcome.exit == exit_not_answered);
  CHECK(has(outcome.error, "ask again"));
  CHECK(environment.asked.size() == 10);
  asked.filters.clear();
  CHECK(run_command(asked, environment).exit == exit_usage);
}

TEST_CASE("what-if as JSON has changes, before and after", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.on_ask = [](const ControlRequest& asked) { return encode(what_if_answer(asked, 1)); };
  Request asked = request("what-if", {"t07"});
  asked.filters = {{"agents", "12"}};
  asked.json = true;

  const auto json = nlohmann::json::parse(run_command(asked, environment).out);

  CHECK(json["changes"] == nlohmann::json{"agents=12"});
  CHECK(json["before"]["reason"] == "pending_enough");
  CHECK(json["after"]["reason"] == "granted");
}

TEST_CASE("bench measures every algorithm with decisions that grant something", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.files["/proc/loadavg"].text = "0.52 0.5 0.4 1/2 3\n";
  Request asked = request("bench");
  asked.seconds = 0.1;

  const Outcome text = run_command(asked, environment);
  asked.json = true;
  const auto json = nlohmann::json::parse(run_command(asked, environment).out);

  CHECK(text.exit == exit_fine);
  CHECK(has(text.out, "load average before: 0.52"));
  CHECK(json["load_average"] == "0.52");
  CHECK(std::stod(json["PREDICTIVE_B_200"].get<std::string>()) > 0);
}

TEST_CASE("top needs a terminal, and ends with q", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.web["http://127.0.0.1:7110/api/v1/status"] = {200, json_text(demo_status())};
  environment.web["http://127.0.0.1:7110/api/v1/targets"] = {200, json_text(demo_targets({"t07"}))};

  const Outcome without = run_command(request("top"), environment);
  environment.terminal = true;
  environment.keys = {{KeyPress::Key::character, 's'}, {KeyPress::Key::character, 'q'}};
  const Outcome with = run_command(request("top"), environment);

  CHECK(without.exit == exit_usage);
  CHECK(has(without.error, "top needs a terminal"));
  CHECK(with.exit == exit_fine);
  REQUIRE(environment.frames.size() == 2);
  CHECK(has(environment.frames[0], "cluster demo: a is master, term 513"));
  CHECK(has(environment.frames[0], "^TARGET"));
  CHECK(has(environment.frames[1], "^CHANNEL"));
}

TEST_CASE("man and completion answer from the table, or name what they do not know",
          "[pacelinectl]") {
  FakeEnvironment environment;
  Request into = request("man");
  into.only = "/pages";

  CHECK(has(run_command(request("man"), environment).out, ".SH COMMANDS"));
  CHECK(has(run_command(request("man", {"what-if"}), environment).out, "PACELINECTL\\-WHAT\\-IF"));
  CHECK(run_command(request("man", {"dance"}), environment).exit == exit_usage);
  CHECK(run_command(into, environment).exit == exit_fine);
  CHECK(environment.files.contains("/pages/pacelinectl-explain.1"));
  for (const char* shell : {"bash", "zsh", "fish"})
    CHECK(has(run_command(request("completion", {shell}), environment).out, "__complete"));
  CHECK(run_command(request("completion", {"csh"}), environment).exit == exit_usage);
}

TEST_CASE("the schema of a message is told with units, ranges and words", "[pacelinectl]") {
  FakeEnvironment environment;
  Request asked = request("schema", {"pace"});

  const Outcome text = run_command(asked, environment);
  asked.json = true;
  const auto json = nlohmann::json::parse(run_command(asked, environment).out);
  const Outcome all = run_command(request("schema"), environment);

  CHECK(text.exit == exit_fine);
  CHECK(text.out.starts_with("pace: What one pacing target is granted now, and why.\n"));
  CHECK(has(text.out, "invitations, 0 to 2000000000   new ones that may go out now\n"));
  CHECK(has(text.out, "state   ok                       paced on good statistics\n"));
  REQUIRE(json.size() == 1);
  CHECK(json[0]["name"] == "pace");
  CHECK(json[0]["fields"].size() == field_count<TargetPace>);
  for (const StructureText& message : message_schema())
    CHECK(has("\n" + all.out, "\n" + message.name + ": "));
}

TEST_CASE("a message that does not exist is named with those that do", "[pacelinectl]") {
  FakeEnvironment environment;

  const Outcome outcome = run_command(request("schema", {"paces"}), environment);

  CHECK(outcome.exit == exit_usage);
  CHECK(has(outcome.error, "MESSAGE = paces: not one of frame_header, "));
}

TEST_CASE("the documentation of the messages is what schema prints", "[pacelinectl]") {
  FakeEnvironment environment;
  Request asked = request("schema");
  asked.markdown = true;
  std::ifstream file{source_folder() + "/common/wire/MESSAGES.md"};
  const std::string documented{std::istreambuf_iterator<char>{file}, {}};

  // pacelinectl schema --markdown > common/wire/MESSAGES.md
  CHECK(run_command(asked, environment).out == documented);
}

TEST_CASE("a half typed line is completed with the cluster's own words", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.web["http://127.0.0.1:7110/api/v1/targets"] = {
      200, json_text(demo_targets({"t07", "x07"}))};

  CHECK(run_command(request("__complete", {"explain", "t"}), environment).out == "t07\t\n");
  CHECK(run_command(request("__complete", {"handover", ""}), environment).out == "a\t\nb\t\nw\t\n");
  CHECK(run_command(request("__complete", {"loglevel", "pacer-"}), environment).out ==
        "pacer-0\t\npacer-1\t\n");
  CHECK(run_command(request("__complete", {"--topology", "/none", "explain", "t"}), environment)
            .out.empty());
}

}  // namespace
}  // namespace paceline::test
