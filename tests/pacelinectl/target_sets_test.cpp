// Sets of targets, by the commands that compare and write them: `targets check|diff|import|export`.
#include "services/pacelinectl/target_sets.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/pacelinectl/commands.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/support/catch.h"
#include "topology/targets.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

const std::string running_csv = "id,channel,group,queue\na,chat,A,AQ\nb,chat,B,BQ\n";
const std::string next_csv =
    "id,channel,group,queue,optimizationGoal\nb,chat,B,BQ,5\nc,chat,\"C, new\",CQ,\n";

Bytes bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

// A node whose processes work with `running_csv`; those in `behind` with something older.
FakeEnvironment node(std::vector<std::string> behind = {}) {
  FakeEnvironment environment;
  environment.processes.emplace("a/watch/0", bytes_of(running_csv));
  const auto version = parse_targets(running_csv, "t")->version();
  for (const char* who : {"a/statfeed/0", "a/pacer/0", "a/pacer/1", "a/publisher/0"}) {
    const bool old = std::ranges::find(behind, who) != behind.end();
    environment.processes.emplace(
        who, encode(StatusReply{{{"targets_version", old ? "0123456789abcdef" : version}}}));
  }
  environment.files["next.csv"].text = next_csv;
  return environment;
}

TEST_CASE("diff tells what a file would change of what runs", "[pacelinectl]") {
  FakeEnvironment environment = node();

  const Outcome outcome = run_command(request_at("a", "targets diff", {"next.csv"}), environment);

  CHECK(outcome.exit == exit_fine);
  CHECK(outcome.error.empty());
  CHECK(outcome.out == "+ c\n- a\n~ b  optimizationGoal 3 -> 5\n1 added, 1 removed, 1 changed\n");
}

TEST_CASE("diff without a file takes the topology's, and names the nodes that run another",
          "[pacelinectl]") {
  FakeEnvironment environment = node();
  environment.files["/etc/demo-targets.toml"].text =
      targets_as("as.toml", *parse_targets(running_csv, "t"));
  ElectionView view;
  view.self.node = "a";
  view.self.priority = 100;
  view.self.targets = "v1";
  view.peers.resize(2);
  view.peer_age_s = {0.1, 0.1};
  view.peers[0] = view.self;
  view.peers[0].node = "b";
  view.peers[1].node = "w";
  const auto diff = [&] {
    environment.processes.insert_or_assign("a/elector/0", encode(view));
    return run_command(request_at("a", "targets diff", {}), environment);
  };

  CHECK(diff().exit == exit_fine);
  CHECK(diff().out == "no target differs\n");

  view.peers[0].targets = "v2";
  CHECK(diff().exit == exit_not_answered);
  CHECK(diff().error == "targets_differ: a paces by v1, b by v2");
}

TEST_CASE("diff of two files asks nobody", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.files["next.csv"].text = next_csv;
  environment.files["old.csv"].text = running_csv;
  Request asked = request_at("a", "targets diff", {"next.csv", "old.csv"});
  asked.json = true;

  const Outcome outcome = run_command(asked, environment);

  CHECK(environment.asked.empty());
  CHECK(outcome.out.find(R"("added": [
    "a"
  ])") != std::string::npos);
  CHECK(outcome.out.find(R"("before": "5")") != std::string::npos);
}

TEST_CASE("a process that works with other targets is named", "[pacelinectl]") {
  FakeEnvironment environment = node({"a/pacer/1"});

  const Outcome outcome = run_command(request_at("a", "targets export", {}), environment);

  CHECK(outcome.exit == exit_not_answered);
  CHECK(outcome.error == "not the same targets as watch's: pacer-1; try pacelinectl reload");
  CHECK(outcome.out.find("id = \"a\"") != std::string::npos);
}

TEST_CASE("what runs is exported in the form of the file's name", "[pacelinectl]") {
  FakeEnvironment environment = node();
  Request as_csv = request_at("a", "targets export", {});
  as_csv.csv = true;

  CHECK(run_command(as_csv, environment).out == running_csv);
  CHECK(run_command(request_at("a", "targets export", {"now.csv"}), environment).out ==
        "now.csv: 2 targets\n");
  CHECK(environment.files["now.csv"].text == running_csv);
  run_command(request_at("a", "targets export", {"NOW.CSV"}), environment);
  CHECK(environment.files["NOW.CSV"].text == running_csv);
  run_command(request_at("a", "targets export", {"now.toml"}), environment);
  CHECK(parse_targets(environment.files["now.toml"].text, "t")->all ==
        parse_targets(running_csv, "t")->all);
}

TEST_CASE("a good file takes the place of the topology's targets", "[pacelinectl]") {
  FakeEnvironment environment = node();
  environment.files["/etc/demo-targets.toml"].text =
      targets_as_toml(*parse_targets(running_csv, "t"));

  const Outcome outcome = run_command(request_at("a", "targets import", {"next.csv"}), environment);

  CHECK(outcome.exit == exit_fine);
  CHECK(outcome.out ==
        "/etc/demo-targets.toml: 2 targets, 1 added, 1 removed, 1 changed; pacelinectl reload puts "
        "them to work\n");
  const auto written = parse_targets(environment.files["/etc/demo-targets.toml"].text, "t");
  REQUIRE(written);
  CHECK(written->all == parse_targets(next_csv, "t")->all);
}

TEST_CASE("what an import replaced comes back by a rollback, and goes by another",
          "[pacelinectl]") {
  FakeEnvironment environment = node();
  const std::string old = targets_as_toml(*parse_targets(running_csv, "t"));
  environment.files["/etc/demo-targets.toml"].text = old;
  const auto rollback = [&] {
    return run_command(request_at("a", "targets rollback", {}), environment);
  };
  CHECK(rollback().exit == exit_usage);
  CHECK(rollback().error.find("nothing to go back to: /etc/demo-targets.before.toml") == 0);
  for (int twice = 0; twice < 2; ++twice)
    run_command(request_at("a", "targets import", {"next.csv"}), environment);
  const std::string next = environment.files["/etc/demo-targets.toml"].text;
  REQUIRE(next != old);

  const Outcome back = rollback();
  CHECK(back.exit == exit_fine);
  CHECK(back.out ==
        "/etc/demo-targets.toml: 2 targets, 1 added, 1 removed, 1 changed; pacelinectl reload puts "
        "them to work\n");
  CHECK(environment.files["/etc/demo-targets.toml"].text == old);
  CHECK(environment.files["/etc/demo-targets.before.toml"].text == next);
  rollback();
  CHECK(environment.files["/etc/demo-targets.toml"].text == next);

  environment.files["/etc/demo-targets.before.toml"].text = "[[target]]\n";
  CHECK(rollback().exit == exit_mistakes);
  CHECK(environment.files["/etc/demo-targets.toml"].text == next);
}

TEST_CASE("what cannot be kept is not replaced", "[pacelinectl]") {
  const std::string file = "/etc/demo-targets.toml";
  const std::string kept = "/etc/demo-targets.before.toml";
  const bool is_rollback = GENERATE(false, true);
  FakeEnvironment environment = node();
  const std::string now = targets_as_toml(*parse_targets(running_csv, "t"));
  const std::string older = targets_as_toml(*parse_targets(next_csv, "t"));
  environment.files[file].text = now;
  environment.files[kept].text = older;
  const auto changed = [&] {
    return run_command(is_rollback ? request_at("a", "targets rollback", {})
                                   : request_at("a", "targets import", {"next.csv"}),
                       environment);
  };

  environment.unreadable = {file};
  const Outcome unread = changed();
  CHECK(unread.exit == exit_not_answered);
  CHECK(unread.error == file + ": cannot be opened: what would be replaced could not be kept");
  environment.unreadable = {};
  environment.unwritable = {is_rollback ? kept : file};
  CHECK(changed().exit == exit_not_answered);
  CHECK(environment.files[file].text == now);
  CHECK(environment.files[kept].text == older);
}

TEST_CASE("an import drops nothing that the file says of agents", "[pacelinectl]") {
  FakeEnvironment environment = node();
  auto sharing = *parse_targets(next_csv, "t");
  environment.files["sharing.toml"].text = targets_as_toml(sharing) +
                                           "\n[[agents]]\ncount = 2\ngroups = [\"" +
                                           sharing.all[0].group + "\"]\n";

  const Outcome refused =
      run_command(request_at("a", "targets import", {"sharing.toml", "to.csv"}), environment);
  const Outcome done =
      run_command(request_at("a", "targets import", {"sharing.toml", "to.toml"}), environment);

  CHECK(refused.exit == exit_usage);
  CHECK(refused.error.find("sharing.toml says by [[agents]] who shares agents") == 0);
  CHECK_FALSE(environment.files.contains("to.csv"));
  CHECK(done.exit == exit_fine);
  CHECK(parse_targets(environment.files["to.toml"].text, "t")->agents.size() == 1);
}

TEST_CASE("a file with mistakes takes no place and all of them are told", "[pacelinectl]") {
  FakeEnvironment environment = node();
  environment.files["bad.csv"].text = "id,channel,group,queue\na b,chat,,Q\n";

  const Outcome outcome =
      run_command(request_at("a", "targets import", {"bad.csv", "to.csv"}), environment);

  CHECK(outcome.exit == exit_mistakes);
  CHECK(outcome.out.find("bad.csv:2:1: id = \"a b\"") == 0);
  CHECK(outcome.out.find("bad.csv:2:10: group = \"\"") != std::string::npos);
  CHECK_FALSE(environment.files.contains("to.csv"));
}

TEST_CASE("the topology says how many targets there may be", "[pacelinectl]") {
  FakeEnvironment environment = node();
  auto& topology = environment.files["/etc/demo.toml"].text;
  topology.insert(topology.find("pacers = "), "max_targets = 1\n");

  const Outcome outcome = run_command(request_at("a", "targets check", {"next.csv"}), environment);

  CHECK(outcome.exit == exit_mistakes);
  CHECK(outcome.out ==
        "next.csv:3:1: 2 targets, 1 more than max_targets = 1 of the topology file allows\n");
}

TEST_CASE("targets check tells which targets share agents, by group, by pool and by membership",
          "[pacelinectl]") {
  FakeEnvironment environment;
  environment.files["group.csv"].text =
      "id,channel,group,queue\nsales,chat,G,Q1\nhelp,chat,G,Q2\napart,chat,H,Q3\n";
  environment.files["many.toml"].text = R"(
[[agents]]
groups = ["A", "B"]
count = 2
[[agents]]
groups = ["B", "C"]
count = 3
)";
  for (const char* group : {"C", "B", "A", "D"})
    environment.files["many.toml"].text += fmt::format(
        "[[target]]\nid = \"of-{0}\"\nchannel = \"chat\"\ngroup = \"{0}\"\nqueue = \"Q\"\n", group);
  for (int i = 0; i < 12; ++i)
    environment.files["many.toml"].text += fmt::format(
        "[[target]]\nid = \"p{0}\"\nchannel = \"chat\"\ngroup = \"P{0}\"\nqueue = \"Q\"\npool = "
        "\"red\"\n",
        i);
  const auto check = [&](const char* file) {
    return run_command(request("targets check", {file}), environment).out;
  };

  CHECK(check("group.csv") == "group.csv: good, 3 targets\n2 targets share agents: sales, help\n");
  CHECK(check("many.toml") ==
        "many.toml: good, 16 targets\n"
        "3 targets share agents: of-C, of-B, of-A\n"
        "12 targets share agents: p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, ...\n");
}

TEST_CASE("targets check knows who shares agents by the topology's membership too",
          "[pacelinectl]") {
  FakeEnvironment environment;
  auto& topology = environment.files["/etc/demo.toml"].text;
  topology.insert(topology.find("pacers = "), "membership = \"/etc/agents.csv\"\n");
  environment.files["t.csv"].text = "id,channel,group,queue,pool\na,chat,A,Q1,\nb,chat,B,Q2,\n";
  environment.files["pool.csv"].text =
      "id,channel,group,queue,pool\na,chat,A,Q1,red\nb,chat,B,Q2,\n";
  const auto check = [&](const char* file) {
    return run_command(request("targets check", {file}), environment);
  };
  const Outcome unread = check("t.csv");

  environment.files["/etc/agents.csv"].text = "agent,groups\nsmith,A;B\n";

  CHECK(unread.exit == exit_fine);
  CHECK(unread.out == "t.csv: good, 2 targets\n");
  CHECK(unread.error ==
        "/etc/agents.csv: cannot be opened: what it tells of shared agents is left out");
  CHECK(check("t.csv").out == "t.csv: good, 2 targets\n2 targets share agents: a, b\n");
  CHECK(check("pool.csv").exit == exit_mistakes);
  CHECK(check("pool.csv")
            .out.starts_with("pool.csv: target \"a\": pool = \"red\", but the membership"));
  environment.files["/etc/agents.csv"].text = "who,groups\n";
  CHECK(check("t.csv").exit == exit_mistakes);
  CHECK(check("t.csv").out.starts_with("/etc/agents.csv:1:1: "));
}

TEST_CASE("more mistakes than are told are not passed over in silence", "[pacelinectl]") {
  FakeEnvironment environment = node();
  std::string& text = environment.files["many.csv"].text;
  text = "id,channel,group,queue\n";
  for (int i = 0; i < 300; ++i) text += "a b,chat,G,Q\n";

  const Outcome outcome = run_command(request_at("a", "targets check", {"many.csv"}), environment);

  CHECK(outcome.out.find("the first 200 mistakes are told, there may be more") !=
        std::string::npos);
}

}  // namespace
}  // namespace paceline::test
