// Targets that go from cell to cell: which may, in which steps, and what `targets import --add`, `targets remove` and `wait` do for it.
#include "services/pacelinectl/target_move.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "services/pacelinectl/commands.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/pacelinectl/watch_bodies.h"
#include "tests/support/catch.h"
#include "tests/support/has.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

Targets named(std::initializer_list<const char*> ids) {
  Targets targets;
  for (const char* id : ids)
    targets.all.push_back({.id = id,
                           .media_channel = "chat",
                           .group = std::string{"G-"} + id,
                           .queue = std::string{"Q-"} + id,
                           .pool = {},
                           .options = {}});
  return targets;
}

TargetMove two_cells() {
  return {.ids = {"t1", "t2"},
          .from = {.cluster = "north",
                   .run_dir = "/run/n",
                   .shards = {0, 1},
                   .nodes = {{.name = "a", .host = "h1", .way = "", .topology = "n.toml"},
                             {.name = "b", .host = "h2", .way = "ssh h2 "}}},
          .to = {.cluster = "south",
                 .run_dir = "/run/s",
                 .shards = {0},
                 .nodes = {{.name = "c", .host = "h3", .way = "ssh h3 "},
                           {.name = "d", .host = "h4", .way = "ssh h4 "}}},
          .owner = "paceline"};
}

std::vector<std::string> commands_of(const std::vector<PlanStep>& steps) {
  std::vector<std::string> all;
  for (const PlanStep& step : steps) all.push_back(step.command);
  return all;
}

std::size_t place(const std::vector<std::string>& commands, const std::string& part) {
  const auto found = std::ranges::find_if(
      commands, [&](const std::string& command) { return has(command, part.c_str()); });
  CAPTURE(part);
  REQUIRE(found != commands.end());
  return static_cast<std::size_t>(found - commands.begin());
}

TEST_CASE("nobody of the new cell offers before the endpoint has heard that the old one does not",
          "[pacelinectl]") {
  const auto steps = commands_of(*move_steps(two_cells()));

  const auto held = place(steps, "ssh h3 pacelinectl --node c targets import - --add --held");
  const auto seen =
      place(steps, "ssh h3 pacelinectl --node c wait --timeout 120 --sees t1 --sees t2");
  const auto standby_gone = place(steps, "ssh h2 pacelinectl --node b targets remove");
  const auto standby_heard = place(steps, "ssh h2 pacelinectl --node b wait --published --timeout");
  const auto gone =
      place(steps, "pacelinectl --topology n.toml --node a targets remove --reload t1 t2");

  CHECK(held < seen);
  CHECK(seen < standby_gone);
  CHECK(standby_gone < standby_heard);
  CHECK(standby_heard < gone);
  REQUIRE(gone + 4 < steps.size());
  // Nothing else from the word of the master that gives them up to that of the one that takes them.
  CHECK(steps[gone + 1] ==
        "pacelinectl --topology n.toml --node a wait --published --accepted --timeout 60 || "
        "ssh h2 pacelinectl --node b wait --published --accepted --timeout 60");
  CHECK(steps[gone + 2] == "rows | ssh h3 pacelinectl --node c targets import - --add --reload");
  CHECK(steps[gone + 3] == "rows | ssh h4 pacelinectl --node d targets import - --add --reload");
  for (std::size_t i = 0; i < gone + 2; ++i)  // Until then it holds them at most.
    if (has(steps[i], "--add")) CHECK(has(steps[i], "--held"));
}

TEST_CASE("what was learned goes along, to each node, and is cleared away", "[pacelinectl]") {
  const auto steps = commands_of(*move_steps(two_cells()));

  for (const char* each : {"ssh h3 install -m 640 -o paceline -g paceline /dev/stdin "
                           "/run/s/c/moved-from-north-1.checkpoint",
                           "ssh h4 install -m 640 -o paceline -g paceline /dev/stdin "
                           "/run/s/d/moved-from-north-0.checkpoint"})
    CHECK(steps[place(steps, each)].starts_with("cat /run/n/a/pacer-"));
  CHECK(
      steps.back() ==
      "ssh h4 rm -f /run/s/d/moved-from-north-0.checkpoint /run/s/d/moved-from-north-1.checkpoint");
}

TEST_CASE("the script carries the targets, and the way back with both cells exchanged",
          "[pacelinectl]") {
  const TargetMove move = two_cells();
  TargetMove other = move;
  std::swap(other.from, other.to);

  const auto script = move_script(move, *move_steps(move), *move_steps(other),
                                  targets_as_toml(named({"t1", "t2"})));

  CHECK(script.starts_with("#!/bin/bash\n# Takes t1 t2 from cell north to cell south."));
  CHECK(has(script, "id = \"t1\""));
  CHECK(has(script, "if [ \"${1:-}\" = back ]; then"));
  const auto back =
      script.substr(script.find("= back ]"), script.find("\nelse\n") - script.find("= back ]"));
  CHECK(back.find("c targets remove --reload t1 t2") <
        back.rfind("a targets import - --add --reload"));
  CHECK(has(script, "trap 'echo \"It ended in the middle"));
}

TEST_CASE("a name that is more than one word of a shell is refused", "[pacelinectl]") {
  TargetMove folder = two_cells();
  folder.to.run_dir = "/run/of us";
  TargetMove target = two_cells();
  target.ids[1] = "t2;halt";
  TargetMove file = two_cells();
  file.from.nodes[0].topology = "n$(halt).toml";

  CHECK(has(move_steps(folder).error().detail, "/run/of us"));
  CHECK(has(move_steps(target).error().detail, "t2;halt"));
  CHECK(has(move_steps(file).error().detail, "n$(halt).toml"));
}

TEST_CASE("targets that share agents move together or not at all", "[pacelinectl]") {
  Targets there = named({"t1", "t2", "t3"});
  there.all[0].pool = there.all[1].pool = "team";

  CHECK(has(targets_to_move(there, {"t1"}).error().detail, "t1 shares agents with t2"));
  CHECK(targets_to_move(there, {"t1", "t2"})->ids() == std::vector<std::string>{"t1", "t2"});
  CHECK(has(targets_to_move(there, {"t9"}).error().detail, "t9: no such target"));
  CHECK(has(targets_to_move(there, {"t1", "t2", "t3"}).error().detail, "all that it has"));
}

TEST_CASE("the agents of a file go with the targets that they serve", "[pacelinectl]") {
  Targets there = named({"t1", "t2", "t3"});
  there.agents = {{{"G-t1", "G-t2"}, 5}, {{"G-t3"}, 7}};

  const auto moved = targets_to_move(there, {"t1", "t2"});
  const auto left = without_targets(there, {"t1", "t2"});

  REQUIRE(moved);
  CHECK(moved->agents == std::vector<AgentSet>{{{"G-t1", "G-t2"}, 5}});
  CHECK(left.agents == std::vector<AgentSet>{{{"G-t3"}, 7}});
  CHECK(with_targets(left, *moved, false).agents.size() == 2);
}

TEST_CASE("what is added takes the place of what is there, what is held does not",
          "[pacelinectl]") {
  Targets there = named({"t1", "t2"});
  Targets more = named({"t2", "t3"});
  more.all[0].options.optimization_goal = 9;

  const auto added = with_targets(there, more, false);
  const auto held = with_targets(there, more, true);

  CHECK(added.ids() == std::vector<std::string>{"t1", "t2", "t3"});
  CHECK(added.all[1].options.optimization_goal == 9);
  CHECK(added.all[2].options.enabled);
  CHECK(held.all[1] == there.all[1]);
  CHECK_FALSE(held.all[2].options.enabled);
  CHECK(with_targets(held, more, true).all == held.all);  // Once more changes nothing.
}

/// The demo with a targets file of its own.
struct WithTargets {
  FakeEnvironment environment;
  std::string file;

  explicit WithTargets(const Targets& targets) {
    file = parse_topology(environment.files["/etc/demo.toml"].text, "/etc/demo.toml")->targets_file;
    environment.files[file].text = targets_as_toml(targets);
  }
  std::vector<std::string> ids() {
    return parse_targets(environment.files[file].text, file)->ids();
  }
};

TEST_CASE("targets import --add leaves the others in the file, remove takes out what it names",
          "[pacelinectl]") {
  WithTargets demo{named({"t1", "t2"})};
  demo.environment.input = targets_as_toml(named({"t3"}));
  Request add = request("targets import", {"-"});
  add.add = add.held = true;

  CHECK(run_command(add, demo.environment).exit == exit_fine);
  CHECK(demo.ids() == std::vector<std::string>{"t1", "t2", "t3"});
  CHECK(has(demo.environment.files[demo.file].text, "enabled = false"));

  const Outcome gone = run_command(request("targets remove", {"t1", "t9"}), demo.environment);
  CHECK(gone.exit == exit_fine);
  CHECK(has(gone.out, "1 removed"));
  CHECK(demo.ids() == std::vector<std::string>{"t2", "t3"});
  const auto before = demo.environment.files[demo.file].text;
  CHECK(run_command(request("targets remove", {"t1"}), demo.environment).exit == exit_fine);
  CHECK(demo.environment.files[demo.file].text == before);
  CHECK(run_command(request("targets remove", {"t2", "t3"}), demo.environment).exit == exit_usage);
  CHECK(demo.environment.files[demo.file].text == before);
}

TEST_CASE(
    "with --reload what was written is put to work at once, also where nothing was to be written",
    "[pacelinectl]") {
  WithTargets demo{named({"t1", "t2"})};
  demo.environment.input = targets_as_toml(named({"t3"}));
  Request add = request("targets import", {"-"});
  add.add = true;
  add.filters = {{"reload", "yes"}};
  Request remove = request("targets remove", {"t9"});
  remove.filters = {{"reload", "yes"}};

  const Outcome silent = run_command(add, demo.environment);
  CHECK(silent.exit == exit_not_answered);
  CHECK(has(silent.error, "publisher goes on as before"));
  CHECK(demo.ids() == std::vector<std::string>{"t1", "t2", "t3"});

  for (const char* process : {"elector", "statfeed", "pacer", "publisher", "watch"})
    for (const char* index : {"/0", "/1"})
      demo.environment.processes.insert_or_assign(std::string{"a/"} + process + index,
                                                  encode(StatusReply{{{"outcome", "taken up"}}}));
  const Outcome gone = run_command(remove, demo.environment);
  CHECK(gone.error == "");
  CHECK(gone.exit == exit_fine);
  CHECK(has(gone.out, "publisher  taken up"));
}

TEST_CASE("a move is refused that the two files do not allow", "[pacelinectl]") {
  WithTargets demo{named({"t1", "t2"})};
  const auto move = [&](std::vector<std::string> ids, const char* to) {
    Request made = request("targets move", std::move(ids));
    made.filters = {{"from", "/etc/demo.toml"}, {"to", to}};
    return run_command(made, demo.environment);
  };
  std::string south = demo.environment.files["/etc/demo.toml"].text;
  south.replace(south.find("\"demo\""), 6, "\"south\"");
  demo.environment.files["/etc/south.toml"].text = south;

  CHECK(has(move({"t1"}, "/etc/demo.toml").error, "both topologies are of a cluster demo"));
  CHECK(has(move({"t9"}, "/etc/south.toml").error, "t9: no such target"));
  const Outcome good = move({"t1"}, "/etc/south.toml");
  CHECK(good.exit == exit_fine);
  CHECK(has(good.out, "# Takes t1 from cell demo to cell south."));
}

TEST_CASE("a node has published its file once the endpoint has accepted what was made by it",
          "[pacelinectl]") {
  const Targets targets = named({"t1"});
  WithTargets demo{targets};
  Request wait = request_at("a", "wait");
  wait.published = true;
  wait.timeout_s = 0;
  const auto waited = [&](const std::string& gate, const std::string& by, const std::string& said) {
    demo.environment.processes.insert_or_assign(
        "a/publisher/0",
        encode(StatusReply{{{"gate", gate}, {"targets_version", by}, {"accepted_version", said}}}));
    return run_command(wait, demo.environment);
  };
  const std::string version = targets.version();

  CHECK(waited("open", version, version).exit == exit_fine);
  CHECK(has(waited("open", version, "before").error, "the endpoint has accepted nothing of that"));
  CHECK(has(waited("open", "before", "before").error, "a paces by before"));
  demo.environment.processes.insert_or_assign("a/elector/0", encode(all_well()));
  CHECK(waited("closed: no grant", version, "none").exit == exit_fine);
  wait.filters = {{"accepted", "yes"}};
  CHECK(has(waited("closed: no grant", version, "none").error, "but b is master"));
  CHECK(waited("open", version, version).exit == exit_fine);
  wait.filters.clear();
  ElectionView nobody =
      all_well();  // What was offered last still holds, and somebody has to take it back.
  nobody.self.master = "";
  demo.environment.processes.insert_or_assign("a/elector/0", encode(nobody));
  CHECK(has(waited("closed: no grant", version, "none").error, "nobody is master"));
}

TEST_CASE("a node sees a target once its watch has statistics of it", "[pacelinectl]") {
  FakeEnvironment environment;
  auto page = demo_targets({"t1", "t2"});
  page.targets[0].quality = StatQuality::good;
  const std::string place = "http://127.0.0.1:7110/api/v1/targets";
  environment.web[place] = {200, json_text(page)};
  Request wait = request_at("a", "wait");
  wait.timeout_s = 0;
  wait.targets = {"t1"};

  CHECK(run_command(wait, environment).exit == exit_fine);
  wait.targets = {"t1", "t2"};
  CHECK(has(run_command(wait, environment).error, "a has no statistics of t2: not_visible"));
  wait.targets = {"t3"};
  CHECK(has(run_command(wait, environment).error, "a has no target t3"));
}

}  // namespace
}  // namespace paceline::test
