// Several clusters side by side: --topology and --url more than once.
#include "services/pacelinectl/cells.h"

#include <nlohmann/json.hpp>

#include "services/pacelinectl/commands.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/pacelinectl/watch_bodies.h"
#include "tests/support/catch.h"
#include "tests/support/has.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

/// North and south on this host, each with a watch; a test says what they answer.
class TwoClusters {
 public:
  FakeEnvironment environment;

  TwoClusters() {
    put("north", 7110, {"t01", "t02"});
    put("south", 8110, {"t11"});
  }

  /// A topology file, and a watch at that port.
  void put(const std::string& name, int port, std::initializer_list<const char*> targets,
           std::vector<CauseAnswer> causes = {}) {
    std::string text = environment.files["/etc/demo.toml"].text;
    const auto at = text.find("\"demo\"");
    text.replace(at, 6, '"' + name + '"');
    text += "\n[watch]\nlisten = \"127.0.0.1:" + std::to_string(port) + "\"\n";
    environment.files["/etc/" + name + ".toml"].text = text;
    StatusAnswer status = demo_status();
    status.cluster = name;
    status.causes = std::move(causes);
    const std::string place = "http://127.0.0.1:" + std::to_string(port) + "/api/v1/";
    environment.web[place + "status"] = {200, json_text(status)};
    environment.web[place + "targets"] = {200, json_text(demo_targets(targets))};
    environment.web[place + "events"] = {
        200, json_text(EventsAnswer{.last = 1, .events = {{.number = 1, .kind = "paused"}}})};
    for (const char* target : targets)
      environment.web[place + "targets/" + target + "/explain"] = {
          200, json_text(Explanation{.target = target, .sentence = "of " + name, .steps = {}})};
  }

  /// The watch at that port says that this is its only target, switched off.
  void hold(int port, const char* target) {
    auto page = demo_targets({target});
    page.targets[0].pace.reason = PaceReason::disabled;
    environment.web["http://127.0.0.1:" + std::to_string(port) + "/api/v1/targets"] = {
        200, json_text(page)};
  }

  Request asked(const std::string& command, std::vector<std::string> words = {}) const {
    Request made = request(command, std::move(words));
    made.topologies = {"/etc/north.toml", "/etc/south.toml"};
    made.topology = made.topologies.front();
    return made;
  }
  Outcome ask(const std::string& command, std::vector<std::string> words = {}) {
    return run_command(asked(command, std::move(words)), environment);
  }
};

const CauseAnswer worst{.id = "x",
                        .weight = CauseWeight::stops,
                        .node = "a",
                        .cause = "node a gets no access token",
                        .remedy = "mend it"};

TEST_CASE("status shows a line a cluster, the worst first, and then each in full",
          "[pacelinectl]") {
  TwoClusters two;
  two.put("south", 8110, {"t11"}, {worst});

  const Outcome outcome = two.ask("status");

  CHECK(outcome.exit == exit_fine);
  const auto south = outcome.out.find("south");
  CHECK(south < outcome.out.find("north"));
  CHECK(has(outcome.out, "stops: node a gets no access token"));
  CHECK(outcome.out.find("== south ==") < outcome.out.find("== north =="));
  CHECK(has(outcome.out, "cluster north: a is master, term 513"));
}

TEST_CASE("a cluster that does not answer is the worst and takes nothing from the others",
          "[pacelinectl]") {
  TwoClusters two;
  two.environment.web.erase("http://127.0.0.1:8110/api/v1/status");

  const Outcome outcome = two.ask("status");

  CHECK(outcome.exit == exit_not_answered);
  CHECK(has(outcome.error, "south: no watch answers"));
  CHECK(outcome.out.find("south") < outcome.out.find("north"));
  CHECK(has(outcome.out, "== north =="));
}

TEST_CASE(
    "a targets file that two topologies name is not taken for that of a cluster which does not "
    "answer",
    "[pacelinectl]") {
  TwoClusters two;
  two.environment.web.erase("http://127.0.0.1:8110/api/v1/status");
  const auto file = parse_topology(two.environment.files["/etc/north.toml"].text, "/etc/north.toml")
                        ->targets_file;
  two.environment.files[file].text =
      "[[target]]\nid = \"t01\"\nchannel = \"chat\"\ngroup = \"G\"\nqueue = \"Q\"\n";

  const Outcome shared = two.ask("status");
  auto& south = two.environment.files["/etc/south.toml"].text;
  south.replace(south.find("targets = \""), 11, "targets = \"of-south-");
  two.environment.files[parse_topology(south, "/etc/south.toml")->targets_file] =
      two.environment.files[file];
  const Outcome own = two.ask("status");

  CHECK_FALSE(has(shared.out, "both cells"));
  CHECK(has(own.out, "both cells north and south pace t01"));
}

TEST_CASE("each cluster has its own answer in JSON, one alone answers as ever", "[pacelinectl]") {
  TwoClusters two;
  Request request = two.asked("status");
  request.json = true;
  const auto both = nlohmann::json::parse(run_command(request, two.environment).out);
  request.topologies.clear();
  const auto one = nlohmann::json::parse(run_command(request, two.environment).out);

  REQUIRE(both["clusters"].size() == 2);
  CHECK(both["causes"].empty());
  CHECK(both["clusters"][0]["cluster"] == "north");
  CHECK(both["clusters"][0]["from"] == "/etc/north.toml");
  CHECK(both["clusters"][0]["exit"] == 0);
  CHECK(both["clusters"][0]["answer"] == one);
  CHECK(both["clusters"][1]["answer"]["cluster"] == "south");
}

TEST_CASE("targets and events stand under the name of their cluster, ids alone without",
          "[pacelinectl]") {
  TwoClusters two;

  const auto targets = two.ask("targets").out;
  const auto events = two.ask("events").out;
  Request request = two.asked("targets");
  request.ids = true;

  CHECK(targets.find("== north ==") < targets.find("t01"));
  CHECK(targets.find("== south ==") < targets.find("t11"));
  CHECK(events.find("paused") < events.rfind("paused"));
  CHECK(run_command(request, two.environment).out == "t01\nt02\nt11\n");
}

TEST_CASE("a target that two cells pace is told, one that is held for a move is not",
          "[pacelinectl]") {
  TwoClusters two;
  two.put("south", 8110, {"t02"});
  const Outcome both = two.ask("status");
  Request plugin = two.asked("check");
  plugin.plugin = true;
  const Outcome checked = run_command(plugin, two.environment);
  two.hold(8110, "t02");
  const Outcome held = two.ask("status");

  CHECK(has(both.out, "both cells north and south pace t02 -> take it out of one"));
  CHECK(checked.exit == 2);
  CHECK(checked.out.starts_with("PACELINE CRITICAL - 2 clusters: "));
  CHECK(has(checked.out, "both cells north and south pace t02"));
  CHECK_FALSE(has(held.out, "both cells"));
}

TEST_CASE("two topologies of one name are told", "[pacelinectl]") {
  const std::vector<Cell> cells = {{.name = "north", .where = "a.toml"},
                                   {.name = "north", .where = "b.toml"}};

  const auto causes = causes_between(cells);

  REQUIRE(causes.size() == 1);
  CHECK(causes[0].cause ==
        "a.toml and b.toml are both of a cluster north: the endpoint takes them for one");
}

TEST_CASE("many targets of two cells are one cause", "[pacelinectl]") {
  std::vector<Cell> cells = {{.name = "north", .where = "a"}, {.name = "south", .where = "b"}};
  for (const char* id : {"t1", "t2", "t3", "t4", "t5"})
    for (Cell& cell : cells) cell.targets.push_back({id});

  const auto causes = causes_between(cells);

  REQUIRE(causes.size() == 1);
  CHECK(causes[0].cause == "both cells north and south pace t1, t2, t3 and 2 more");
}

TEST_CASE("the question about a target goes to the cell that has it", "[pacelinectl]") {
  TwoClusters two;

  const Outcome south = two.ask("explain", {"t11"});
  const Outcome nobody = two.ask("explain", {"t99"});
  two.put("south", 8110, {"t01"});
  const Outcome both = two.ask("explain", {"t01"});

  CHECK(south.exit == exit_fine);
  CHECK(south.out.starts_with("== south ==\nt11: of south"));
  CHECK(nobody.exit == exit_not_answered);
  CHECK(has(nobody.error, "none of the cells north, south has a target t99"));
  CHECK(both.exit == exit_not_answered);
  CHECK(has(both.out, "both cells north and south pace t01"));
  CHECK(has(both.out, "t01: of north"));
  CHECK(has(both.out, "t01: of south"));
}

TEST_CASE("a watch of this host that answers in the place of another cluster's is not believed",
          "[pacelinectl]") {
  TwoClusters two;
  StatusAnswer status = demo_status();
  status.cluster = "north";
  two.environment.web["http://127.0.0.1:8110/api/v1/status"] = {200, json_text(status)};

  const Outcome outcome = two.ask("targets");

  CHECK(outcome.exit == exit_not_answered);
  CHECK(has(outcome.error, "south: it is cluster north that answers here"));
  CHECK_FALSE(has(outcome.out, "t11"));
}

TEST_CASE(
    "the node of this host is named for the cluster that has it, another one is asked all the same",
    "[pacelinectl]") {
  TwoClusters two;
  std::string& south = two.environment.files["/etc/south.toml"].text;
  south.replace(south.find("[nodes.a]"), 9, "[nodes.e]");
  two.environment.files["/etc/node.env"].text = "PACELINE_NODE=a\n";
  Request request = two.asked("status");
  const Outcome by_file = run_command(request, two.environment);
  request.node = "a";

  const Outcome both = run_command(request, two.environment);
  request.topology = "/etc/south.toml";
  request.topologies.clear();
  const Outcome alone = run_command(request, two.environment);

  for (const Outcome& each : {by_file, both}) {
    CHECK(each.exit == exit_fine);
    CHECK(has(each.out, "== south =="));
  }
  CHECK(has(alone.error, "no node 'a'"));
}

TEST_CASE("what speaks of one cluster refuses a second one", "[pacelinectl]") {
  TwoClusters two;
  for (const char* command : {"handover", "pause", "reload", "election", "targets import"}) {
    const Outcome outcome = two.ask(command, {"x"});
    CAPTURE(command);
    CHECK(outcome.exit == exit_usage);
    CHECK(has(outcome.error, "speaks of one cluster: name one topology"));
  }
  CHECK(has(two.ask("wait", {"a"}).error, "wait NODE waits for a node of one cluster"));
  Request follow = two.asked("events");
  follow.follow = true;
  CHECK(run_command(follow, two.environment).exit == exit_usage);
  Request twice = two.asked("status");
  twice.topologies[1] = twice.topologies[0];
  CHECK(has(run_command(twice, two.environment).error, "/etc/north.toml is named twice"));
  CHECK(two.environment.asked.empty());
}

TEST_CASE("several watches are asked by their addresses, and named as they call themselves",
          "[pacelinectl]") {
  TwoClusters two;
  Request request = two.asked("status");
  request.urls = {"http://127.0.0.1:7110", "http://127.0.0.1:8110"};
  request.url = request.urls.front();

  const Outcome outcome = run_command(request, two.environment);

  CHECK(outcome.exit == exit_fine);
  CHECK(has(outcome.out, "== north =="));
  CHECK(has(outcome.out, "== south =="));
}

TEST_CASE(
    "what another cluster calls itself and says steers neither a terminal nor a plugin's line",
    "[pacelinectl]") {
  TwoClusters two;
  StatusAnswer status = demo_status();
  status.cluster = "so\x1b[2J uth|x='1\u202e";
  status.causes = {worst};
  status.causes[0].cause = "all is lost \x1b]0;title\a | a=1 \u202e";
  two.environment.web["http://127.0.0.1:8110/api/v1/status"] = {200, json_text(status)};
  Request request = two.asked("status");
  request.urls = {"http://127.0.0.1:7110", "http://127.0.0.1:8110"};
  request.url = request.urls.front();
  const Outcome shown = run_command(request, two.environment);
  two.environment.web["http://127.0.0.1:8110/api/v1/targets"] = {200, "\x1b[2J"};
  request.command = "targets";
  const Outcome targets = run_command(request, two.environment);

  REQUIRE(has(shown.out, "all is lost"));
  for (const std::string& text : {shown.out, targets.out, targets.error}) {
    CHECK_FALSE(has(text, "\x1b"));
    CHECK_FALSE(has(text, "\a"));
    CHECK_FALSE(has(text, "\u202e"));
  }
}

TEST_CASE("top begins with the first cluster that answers, and names the one that does not",
          "[pacelinectl]") {
  TwoClusters two;
  two.environment.web.erase("http://127.0.0.1:7110/api/v1/status");
  two.environment.terminal = true;
  two.environment.keys = {{KeyPress::Key::character, 'c'}, {KeyPress::Key::character, 'q'}};

  CHECK(two.ask("top").exit == exit_fine);

  REQUIRE(two.environment.frames.size() == 2);
  CHECK(has(two.environment.frames[0], "cluster south"));
  CHECK(has(two.environment.frames[0], "north: no watch answers"));
  CHECK(has(two.environment.frames[1], "north: no watch answers"));
}

TEST_CASE("top goes from cluster to cluster, and tells what is worst of the others",
          "[pacelinectl]") {
  TwoClusters two;
  two.put("south", 8110, {"t11"}, {worst});
  two.environment.terminal = true;
  two.environment.keys = {{KeyPress::Key::character, 'c'}, {KeyPress::Key::character, 'q'}};

  CHECK(two.ask("top").exit == exit_fine);

  REQUIRE(two.environment.frames.size() == 2);
  CHECK(has(two.environment.frames[0], "cluster north"));
  CHECK(has(two.environment.frames[0], "south: node a gets no access token"));
  CHECK(has(two.environment.frames[1], "cluster south"));
}

}  // namespace
}  // namespace paceline::test
