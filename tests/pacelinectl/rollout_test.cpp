// One targets file for all nodes: `targets import FROM --cluster`, by pacelinectl on each host.
#include "services/pacelinectl/rollout.h"

#include <algorithm>
#include <map>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/target_sets.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/support/catch.h"
#include "tests/support/has.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

const std::string two_csv = "id,channel,group,queue\na,chat,A,AQ\nb,chat,B,BQ\n";
const std::string three_csv = "id,channel,group,queue\na,chat,A,AQ\nb,chat,B,BQ\nc,chat,C,CQ\n";

/// The shipped demo with b on another host, both nodes with `two_csv`; their pacelinectl answers as the real one.
class TwoHosts {
 public:
  struct Host {
    Targets file;
    Targets replaced;
    std::string paces_by;  // A version.
  };
  std::map<std::string, Host> hosts;
  std::vector<std::string> ran;                     // "b import", in order.
  std::map<std::string, std::string> faults;        // By "b import": what it says.
  std::function<void(const std::string&)> on_step;  // Of `ran`, before it is done.
  bool takes_up = true;  // A reload is followed by what the publisher says.
  FakeEnvironment environment;

  TwoHosts() {
    std::string& topology = environment.files["/etc/demo.toml"].text;
    const auto b = topology.find("host = ", topology.find("[nodes.b]"));
    topology.replace(b, topology.find('\n', b) - b, "host = \"192.0.2.12\"");
    environment.files["three.csv"].text = three_csv;
    environment.pauses_left = 100;
    for (const char* name : {"a", "b"}) {
      hosts[name].file = *parse_targets(two_csv, "t");
      hosts[name].paces_by = hosts[name].file.version();
    }
    environment.on_run = [this](const auto& words, std::string_view input) {
      return answer(words, input);
    };
    show();
  }

  Outcome import(bool yes = true, bool asks = false) {
    Request request = request_at("a", "targets import", {"three.csv"});
    request.cluster = true;
    request.yes = yes;
    request.asks = asks;
    return run_command(request, environment);
  }

  std::string version() const { return parse_targets(three_csv, "t")->version(); }

 private:
  Result<ProgramEnd> answer(const std::vector<std::string>& words, std::string_view input) {
    const auto at = std::ranges::find(words, "--node");
    const std::string node = *(at + 1);
    std::vector<std::string> command{at + 2, words.end()};
    std::erase(command, "--json");
    const bool dry = std::erase(command, "--dry-run") > 0;
    const std::string step = dry ? "asked" : command.size() > 1 ? command[1] : command[0];
    ran.push_back(node + " " + step);
    if (on_step) on_step(ran.back());
    if (const auto state = std::ranges::find(command, "--replaces"); state != command.end())
      if (*(state + 1) != state_of(hosts[node].file))
        return ProgramEnd{.exit = 1, .out = "", .error = "another file than when it was looked at"};
    if (const auto fault = faults.find(ran.back()); fault != faults.end())
      return ProgramEnd{.exit = 1, .out = "", .error = "first line\n" + fault->second + "\n"};
    return ProgramEnd{.exit = 0, .out = said(hosts[node], step, input), .error = ""};
  }

  static std::string state_of(const Targets& targets) { return "state-of-" + targets.version(); }

  std::string said(Host& host, const std::string& step, std::string_view input) {
    if (step == "rollback") std::swap(host.file, host.replaced);
    if (step == "reload" && takes_up) host.paces_by = host.file.version();
    show();
    if (step != "asked" && step != "import") return "";
    const auto next = *parse_targets(input, "-");
    const auto differs = diff_targets(host.file.all, next.all);
    const std::string was = state_of(host.file);
    if (step == "import") {
      host.replaced = host.file;
      host.file = next;
    }
    return texts_json({{{"difference", differs.summary()},
                        {"changes", differs.empty() ? "no" : "yes"},
                        {"was", was},
                        {"version", next.version()}}});
  }

  // What the elector of a knows: b is master.
  void show() {
    ElectionView view;
    view.self.node = "a";
    view.self.master = "b";
    view.self.targets = hosts["a"].paces_by;
    view.peers.resize(1);
    view.peer_age_s = {0.1};
    view.peers[0].node = "b";
    view.peers[0].role = ElectorRole::master;
    view.peers[0].targets = hosts["b"].paces_by;
    environment.processes.insert_or_assign("a/elector/0", encode(view));
  }
};

using Steps = std::vector<std::string>;

TEST_CASE("an import on all nodes asks all, writes on all, and reloads the master last",
          "[pacelinectl]") {
  TwoHosts cluster;

  const Outcome outcome = cluster.import();

  CHECK(outcome.exit == exit_fine);
  CHECK(outcome.error.empty());
  CHECK(cluster.ran == Steps{"a asked", "b asked", "a import", "b import", "a reload", "b reload",
                             "a asked", "b asked"});
  CHECK(has(outcome.out, "a          1 added, 0 removed, 0 changed\n"));
  CHECK(has(outcome.out, "3 targets, version " + cluster.version() + ", are what a b pace by"));
  CHECK(cluster.hosts["b"].file.all.size() == 3);
}

TEST_CASE("a node that cannot take the file keeps it from all", "[pacelinectl]") {
  TwoHosts cluster;
  cluster.faults["b asked"] = "stdin:4:3: no such medium";

  const Outcome outcome = cluster.import();

  CHECK(outcome.exit == exit_not_answered);
  CHECK(outcome.error ==
        "b: ssh: stdin:4:3: no such medium (exit 1); nothing was changed on any node");
  CHECK(cluster.ran == Steps{"a asked", "b asked"});
}

TEST_CASE("what fails on one node is taken back on those before it", "[pacelinectl]") {
  TwoHosts cluster;
  cluster.faults["b import"] = "disk full";

  const Outcome outcome = cluster.import();

  CHECK(outcome.exit == exit_not_answered);
  CHECK(outcome.error == "b: ssh: disk full (exit 1); a is set back");
  CHECK(cluster.ran ==
        Steps{"a asked", "b asked", "a import", "b import", "a asked", "a rollback", "a reload"});
  CHECK(cluster.hosts["a"].paces_by == parse_targets(two_csv, "t")->version());
}

TEST_CASE("a reload that is refused takes the file back everywhere, and says where that failed",
          "[pacelinectl]") {
  TwoHosts cluster;
  cluster.faults["b reload"] = "pacer-0 goes on as before";

  const Outcome outcome = cluster.import();

  CHECK(outcome.exit == exit_not_answered);
  CHECK(has(outcome.error,
            "b: ssh: pacer-0 goes on as before (exit 1); a is set back; b COULD NOT BE SET BACK: "
            "it has its old file again, but ssh: pacer-0 goes on as before"));
  CHECK(cluster.hosts["a"].file.all.size() == 2);
  CHECK(cluster.hosts["b"].file.all.size() == 2);
}

TEST_CASE(
    "of two operators who change one file the second is told, and the file of the first stays",
    "[pacelinectl]") {
  const Targets others = *parse_targets("id,channel,group,queue\nz,chat,Z,ZQ\n", "t");
  TwoHosts cluster;

  SECTION("the other one wrote after all were asked") {
    cluster.on_step = [&](const std::string& step) {
      if (step == "a import") cluster.hosts["a"].file = others;
    };
    CHECK(has(cluster.import().error, "another file than when it was looked at"));
    CHECK(cluster.ran.back() == "a import");
  }
  SECTION("the other one wrote after we did") {
    cluster.on_step = [&](const std::string& step) {
      if (step == "b reload") cluster.hosts["b"].file = others;
    };
    const Outcome outcome = cluster.import();
    CHECK(outcome.exit == exit_not_answered);
    CHECK(has(outcome.error, "b has somebody else's file by now, which stays"));
    CHECK(cluster.hosts["b"].file.version() == others.version());
    return;
  }
  CHECK(cluster.hosts["a"].file.version() == others.version());
  CHECK(cluster.hosts["b"].file.all.size() == 2);
}

TEST_CASE("who interrupts an import on all nodes between two of them gets the first one set back",
          "[pacelinectl]") {
  TwoHosts cluster;
  cluster.on_step = [&](const std::string& step) {
    if (step == "a import") cluster.environment.pauses_left = 0;
  };

  const Outcome outcome = cluster.import();

  CHECK(outcome.exit == exit_not_answered);
  CHECK(outcome.error == "b: interrupted before it was written; a is set back");
  CHECK(cluster.hosts["a"].file.all.size() == 2);
  CHECK(cluster.hosts["b"].file.all.size() == 2);
}

TEST_CASE("an import on all nodes is agreed to by a person or by --yes", "[pacelinectl]") {
  TwoHosts nobody;
  CHECK(nobody.import(false, false).exit == exit_usage);
  CHECK(nobody.ran == Steps{"a asked", "b asked"});

  TwoHosts no;
  no.environment.input = "no\n";
  CHECK(no.import(false, true).exit == exit_not_answered);
  CHECK(has(no.environment.output, "3 targets go to 2 nodes and are put to work there: yes? "));
  CHECK(no.ran == Steps{"a asked", "b asked"});

  TwoHosts yes;
  yes.environment.input = "yes\n";
  CHECK(yes.import(false, true).exit == exit_fine);
}

TEST_CASE(
    "a file that all nodes have already changes nothing, and one that some have is kept there",
    "[pacelinectl]") {
  TwoHosts all;
  for (auto& [name, host] : all.hosts) host.file = *parse_targets(three_csv, "t");
  CHECK(has(all.import().out, "nothing to do"));
  CHECK(all.ran == Steps{"a asked", "b asked"});

  TwoHosts one;
  one.hosts["a"].file = *parse_targets(three_csv, "t");
  one.faults["b import"] = "disk full";
  CHECK(one.import().error == "b: ssh: disk full (exit 1)");  // Nothing to be taken back on a.
  CHECK(one.ran == Steps{"a asked", "b asked", "b import"});
}

TEST_CASE("a node that does not pace by the new file in time gets its old one back",
          "[pacelinectl]") {
  TwoHosts cluster;
  cluster.takes_up = false;

  const Outcome outcome = cluster.import();

  CHECK(outcome.exit == exit_not_answered);
  CHECK(has(outcome.error, "a paces by " + parse_targets(two_csv, "t")->version() + ", not by " +
                               cluster.version() + "; a is set back; b is set back"));
  CHECK(cluster.hosts["a"].file.all.size() == 2);
  CHECK(cluster.hosts["b"].file.all.size() == 2);
}

TEST_CASE("nodes whose membership files make something else of one targets file are told apart",
          "[pacelinectl]") {
  TwoHosts cluster;
  const auto plain = cluster.environment.on_run;
  cluster.environment.on_run = [&](const auto& words, std::string_view input) {
    auto end = *plain(words, input);
    if (std::ranges::find(words, "b") != words.end())
      end.out = texts_json({{{"version", "other"}, {"difference", "x"}, {"changes", "yes"}}});
    return Result<ProgramEnd>{end};
  };

  CHECK(has(cluster.import().error, "b: with what else is there it would work by other, a by"));
  CHECK(cluster.ran == Steps{"a asked", "b asked"});
}

TEST_CASE("another host is reached by the shell that is told, this one by the program itself",
          "[pacelinectl]") {
  TwoHosts cluster;
  const auto plain = cluster.environment.on_run;
  std::map<std::string, std::vector<std::string>> words_of;
  cluster.environment.on_run = [&](const auto& words, std::string_view input) {
    words_of[*(std::ranges::find(words, "--node") + 1) + " " + words.back()] = words;
    return plain(words, input);
  };
  Request request = request_at("a", "targets import", {"three.csv"});
  request.cluster = request.yes = true;
  request.shell = "ip netns exec {node}  at-{host}";

  CHECK(run_command(request, cluster.environment).exit == exit_fine);

  CHECK(words_of["b reload"] ==
        Steps{"ip", "netns", "exec", "b", "at-192.0.2.12", "pacelinectl", "--node", "b", "reload"});
  CHECK(words_of["a reload"] == Steps{"/usr/lib/paceline/pacelinectl", "--topology",
                                      "/etc/demo.toml", "--node", "a", "reload"});
}

TEST_CASE("a dry run tells what an import would change, and writes nothing", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.files["/etc/demo-targets.toml"].text =
      targets_as("as.toml", *parse_targets(two_csv, "t"));
  environment.input = three_csv;
  Request request = request_at("a", "targets import", {"-"});
  request.dry_run = true;
  const auto before = environment.files.size();

  CHECK(run_command(request, environment).out ==
        "/etc/demo-targets.toml: 3 targets, 1 added, 0 removed, 0 changed; nothing was written\n");
  CHECK(environment.files.size() == before);

  environment.input = three_csv;
  request.json = true;
  const auto members = *texts_of(run_command(request, environment).out);
  CHECK(std::ranges::count(members, std::pair<std::string, std::string>{"changes", "yes"}) == 1);
  CHECK(std::ranges::count(members, std::pair<std::string, std::string>{
                                        "version", parse_targets(three_csv, "t")->version()}) == 1);
}

std::string demo_with(const std::string& from, const std::string& to) {
  std::string text = FakeEnvironment{}.files["/etc/demo.toml"].text;
  text.replace(text.find(from), from.size(), to);
  return text;
}

Outcome topology_command(FakeEnvironment& environment, const std::string& what,
                         const std::string& text, bool cluster = false) {
  environment.files["next.toml"].text = text;
  Request request = request_at("a", "topology " + what, {"next.toml"});
  request.cluster = request.yes = cluster;
  return run_command(request, environment);
}

TEST_CASE("another topology file is told by its settings, takes the place of the first, and back",
          "[pacelinectl]") {
  FakeEnvironment environment;
  const std::string before = environment.files["/etc/demo.toml"].text;
  const std::string after = demo_with("client_id = \"paceline\"", "client_id = \"other\"");

  CHECK(topology_command(environment, "diff", after).out ==
        "publisher.client_id \"paceline\" -> \"other\"\n");
  CHECK(topology_command(environment, "diff", "# said\n" + before).out == "no setting differs\n");
  CHECK(environment.files["/etc/demo.toml"].text == before);

  CHECK(topology_command(environment, "import", after).exit == exit_fine);
  CHECK(environment.files["/etc/demo.toml"].text == after);
  CHECK(environment.files["/etc/demo.before.toml"].text == before);

  CHECK(run_command(request_at("a", "topology rollback"), environment).exit == exit_fine);
  CHECK(environment.files["/etc/demo.toml"].text == before);
  CHECK(environment.files["/etc/demo.before.toml"].text == after);
}

TEST_CASE("a topology file with a mistake takes nobody's place", "[pacelinectl]") {
  FakeEnvironment environment;
  const auto wrong = demo_with("client_id = \"paceline\"", "client_id = 7");

  const Outcome outcome = topology_command(environment, "import", wrong);

  CHECK(outcome.exit == exit_mistakes);
  CHECK(has(outcome.out, "next.toml:"));
  CHECK(has(outcome.out, "client_id"));
  CHECK_FALSE(environment.files.contains("/etc/demo.before.toml"));
}

TEST_CASE("what nodes have to agree on is not changed one node after the other", "[pacelinectl]") {
  FakeEnvironment environment;
  const auto refusal = [&](const std::string& from, const std::string& to) {
    const Outcome outcome = topology_command(environment, "import", demo_with(from, to), true);
    CHECK(outcome.exit == exit_usage);
    return outcome.error;
  };

  CHECK(has(refusal("pacers = 2", "pacers = 3"),
            "pacers: this needs more than a reload of each node"));
  CHECK(has(refusal("pacers = 2", "pacers = 3"), "pacelinectl topology plan has the steps"));
  CHECK(has(refusal("[publisher]", "[elector]\nheartbeat = \"300ms\"\n[publisher]"),
            "elector.heartbeat: this"));
}

TEST_CASE("a node whose own file differs by more than a reload carries out keeps the file from all",
          "[pacelinectl]") {
  FakeEnvironment environment;
  Steps ran;
  environment.on_run = [&](const auto& words, std::string_view input) {
    ran.push_back(words.back());
    return Result<ProgramEnd>{
        ProgramEnd{.exit = 0,
                   .out = texts_json({{{"difference", "pacers 3 -> 2"},
                                       {"changes", "yes"},
                                       {"beyond", "pacers"},
                                       {"version", environment.fingerprint(input)}}}),
                   .error = ""}};
  };

  const Outcome outcome = topology_command(
      environment, "import", demo_with("client_id = \"paceline\"", "client_id = \"other\""), true);

  CHECK(outcome.exit == exit_not_answered);
  CHECK(outcome.error ==
        "w: pacers differs there: this needs more than a reload; nothing was changed on any node");
  CHECK(ran == Steps{"-"});
}

TEST_CASE("nodes in another order are another topology, and secrets in a difference are hidden",
          "[pacelinectl]") {
  FakeEnvironment environment;
  std::string text = environment.files["/etc/demo.toml"].text;
  const auto a = text.find("[nodes.a]");
  const auto b = text.find("[nodes.b]");
  const auto w = text.find("# A witness");
  const std::string reordered =
      text.substr(0, a) + text.substr(b, w - b) + text.substr(a, b - a) + text.substr(w);
  CHECK(topology_command(environment, "diff", reordered).out == "nodes \"a b w\" -> \"b a w\"\n");
  CHECK(has(topology_command(environment, "import", reordered, true).error, "nodes: this needs"));

  const auto secret = demo_with("[publisher]",
                                "[watch]\nread_token = \"hunter2hunter2hunter2\"\n"
                                "[publisher]\nproxy = \"http://joe:pw99@p:1\"");
  CHECK(topology_command(environment, "diff", secret).out ==
        "+ publisher.proxy \"http://****@p:1\"\n+ watch.read_token \"****\"\n");
}

TEST_CASE("a file that is not what it was when it was looked at is not replaced", "[pacelinectl]") {
  FakeEnvironment environment;
  environment.files["next.toml"].text =
      demo_with("client_id = \"paceline\"", "client_id = \"other\"");
  const std::string before = environment.files["/etc/demo.toml"].text;
  Request request = request_at("a", "topology import", {"next.toml"});

  request.filters = {{"replaces", "another"}};
  CHECK(has(run_command(request, environment).error, "is another file than when it was looked at"));
  CHECK(environment.files["/etc/demo.toml"].text == before);

  request.filters = {{"replaces", text_state(before, environment)}};
  CHECK(run_command(request, environment).exit == exit_fine);
  const std::string after = environment.files["/etc/demo.toml"].text;

  // A node that shares the file with the first finds what it was to write.
  CHECK(run_command(request, environment).exit == exit_fine);
  CHECK(environment.files["/etc/demo.toml"].text == after);
}

TEST_CASE("other settings go to the witness first and to the master last, each node being well",
          "[pacelinectl]") {
  FakeEnvironment environment;
  environment.pauses_left = 1000;
  const auto after = demo_with("client_id = \"paceline\"", "client_id = \"other\"");
  ElectionView view = all_well();
  Steps ran;
  std::string failing;
  environment.on_run = [&](const auto& words, std::string_view input) {
    const auto at = std::ranges::find(words, "--node");
    ran.push_back(*(at + 1) + " " + words.back());
    if (ran.back() == failing + " reload" && view.peers[0].role == ElectorRole::master)
      view.self.role = ElectorRole::starting;
    environment.processes.insert_or_assign("a/elector/0", encode(view));
    return Result<ProgramEnd>{ProgramEnd{
        .exit = 0,
        .out = input.empty() ? ""
                             : texts_json({{{"difference", "heartbeat"},
                                            {"changes", ran.size() > 6 ? "no" : "yes"},
                                            {"version", environment.fingerprint(input)}}}),
        .error = ""}};
  };
  environment.processes.insert_or_assign("a/elector/0", encode(view));

  SECTION("all are well") {
    const Outcome outcome = topology_command(environment, "import", after, true);
    CHECK(outcome.exit == exit_fine);
    CHECK(has(outcome.out, "w a b work by it"));
    CHECK(ran == Steps{"w -", "a -", "b -", "w -", "a -", "b -", "w reload", "a reload", "b reload",
                       "w -", "a -", "b -"});
  }
  SECTION("one is not") {
    failing = "a";
    const Outcome outcome = topology_command(environment, "import", after, true);
    CHECK(outcome.exit == exit_not_answered);
    CHECK(has(outcome.error, "after its reload a does not stand"));
    CHECK(has(outcome.error, "; w is set back; a is set back; b is set back"));
    CHECK(std::ranges::count(ran, "b reload") == 1);  // With what it had before.
    CHECK(std::ranges::count(ran, "w rollback") == 1);
  }
}

}  // namespace
}  // namespace paceline::test
