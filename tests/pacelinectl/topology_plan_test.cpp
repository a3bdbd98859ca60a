// What another topology asks of a running cluster, and in which steps: `topology plan`, `topology edit`, `wait`.
#include "services/pacelinectl/topology_plan.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "services/pacelinectl/commands.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/support/catch.h"
#include "tests/support/has.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

/// Three hosts: the shipped demo, each node at an address of its own.
class ThreeHosts {
 public:
  FakeEnvironment environment;
  std::string text;

  ThreeHosts() {
    text = environment.files["/etc/demo.toml"].text;
    for (const char* name : {"b", "w"}) {
      const auto at = text.find("127.0.0.1", text.find(std::string{"[nodes."} + name + "]"));
      text.replace(at, 9, std::string{"192.0.2.1"} + (name[0] == 'b' ? "2" : "3"));
    }
    environment.files["/etc/demo.toml"].text = text;
    show();
  }

  void show() { environment.processes.insert_or_assign("a/elector/0", encode(view)); }

  std::string with(const std::string& from, const std::string& to) const {
    std::string next = text;
    next.replace(next.find(from), from.size(), to);
    return next;
  }

  Outcome plan(const std::string& next, bool json = false) {
    environment.files["/etc/next.toml"].text = next;
    Request request = request_at("a", "topology plan", {"/etc/next.toml"});
    request.json = json;
    return run_command(request, environment);
  }

  /// "b: ssh ... drain", in order.
  std::vector<std::string> steps(const std::string& next) {
    const Outcome outcome = plan(next, true);
    CAPTURE(outcome.error);
    REQUIRE(outcome.exit == exit_fine);
    std::vector<std::string> steps;
    const auto answer = nlohmann::json::parse(outcome.out);
    for (const auto& step : answer["steps"]) steps.push_back(step["command"]);
    return steps;
  }

  ElectionView view = all_well();
};

const std::string way_b = "ssh -o BatchMode=yes 192.0.2.12 ";
const std::string way_w = "ssh -o BatchMode=yes 192.0.2.13 ";
const std::string block_c =
    "[nodes.c]\nhost = \"192.0.2.14\"\nport = 7100\npriority = 80\n\n# The bus:";
using Steps = std::vector<std::string>;

TEST_CASE("more pacers begin on one node after the other, each out of service, the master last",
          "[pacelinectl]") {
  ThreeHosts cluster;
  const std::string run = parse_topology(cluster.text, "/etc/demo.toml")->run_dir;

  // What an earlier third pacer knew is older than what the two know.
  CHECK(cluster.steps(cluster.with("pacers = 2", "pacers = 3")) ==
        Steps{"next | " + way_w + "pacelinectl --node w topology import -",
              way_w + "pacelinectl --node w reload",
              way_w + "pacelinectl --node w wait --timeout 120",
              "pacelinectl --node a drain --why topology",
              "next | pacelinectl --node a topology import -",
              "rm -f " + run + "/a/pacer-2.checkpoint", "systemctl reload paceline",
              "pacelinectl --node a undrain --timeout 120",
              "pacelinectl --node a wait --timeout 120",
              way_b + "pacelinectl --node b drain --why topology",
              "next | " + way_b + "pacelinectl --node b topology import -",
              way_b + "rm -f " + run + "/b/pacer-2.checkpoint", way_b + "systemctl reload paceline",
              way_b + "pacelinectl --node b undrain --timeout 120",
              way_b + "pacelinectl --node b wait --timeout 120"});
}

TEST_CASE(
    "a new node is equipped, known by its key to all, begins, and is counted by the master last",
    "[pacelinectl]") {
  ThreeHosts cluster;
  cluster.environment.files["/etc/demo-targets.toml"].text = "x";
  const auto steps = cluster.steps(cluster.with("# The bus:", block_c));
  const auto place = [&](const std::string& part) {
    const auto found =
        std::ranges::find_if(steps, [&](const auto& step) { return has(step, part); });
    CAPTURE(part);
    REQUIRE(found != steps.end());
    return found - steps.begin();
  };

  CHECK(has(steps[0], "tar -C / -cf - etc/demo-targets.toml | ssh -o BatchMode=yes 192.0.2.14"));
  CHECK(place("--node c keys") < place("--node c keys export c | ssh -o BatchMode=yes 192.0.2.13"));
  CHECK(place("--node c keys export c | pacelinectl --node a keys import -") <
        place("systemctl start paceline"));
  CHECK(place("pacelinectl --node b keys export b | ssh -o BatchMode=yes 192.0.2.14") <
        place("systemctl start paceline"));
  CHECK(place("systemctl start paceline") < place("--node w reload"));
  CHECK(place("--node w reload") < place("--node a reload"));
  CHECK(place("--node a wait") < place("--node b reload"));
  CHECK(steps.back() == "ssh -o BatchMode=yes 192.0.2.14 pacelinectl --node c wait --timeout 120");
}

TEST_CASE("a node that goes is drained first and stopped last", "[pacelinectl]") {
  ThreeHosts cluster;
  const std::string four = cluster.with("# The bus:", block_c);
  cluster.environment.files["/etc/demo.toml"].text = four;
  const auto c = four.find("[nodes.c]");
  std::string three = four;
  three.erase(c, three.find("# The bus:") - c);
  std::string both = three;
  both.replace(both.find("pacers = 2"), 10, "pacers = 3");
  CHECK(has(cluster.plan(both).error, "node c and pacers at once: one after the other"));
  const auto steps = cluster.steps(three);
  CHECK(steps.front() ==
        "ssh -o BatchMode=yes 192.0.2.14 pacelinectl --node c drain --why topology");
  CHECK(steps[steps.size() - 4] == "ssh -o BatchMode=yes 192.0.2.14 systemctl stop paceline");
  CHECK(has(steps.back(), "rm -f "));
  CHECK(has(steps.back(), "/keys/c.public"));
}

TEST_CASE("a witness that moves stops at its old host before it begins at the new one",
          "[pacelinectl]") {
  ThreeHosts cluster;
  const auto steps = cluster.steps(cluster.with("192.0.2.13", "192.0.2.99"));

  CHECK(steps.front() == way_w + "systemctl stop paceline");
  const auto all = [&](const std::string& part) {
    return std::ranges::count_if(steps, [&](const auto& step) { return has(step, part); });
  };
  CHECK(all("tar ") == 0);  // A witness gets neither targets nor secrets.
  CHECK(all("/dev/null /") == 1);
  CHECK(all("192.0.2.99 pacelinectl --node w keys export w") == 2);
  CHECK(all("192.0.2.99 systemctl start paceline") == 1);
  CHECK(all(" drain ") == 0);
}

TEST_CASE("another pair of keys begins on the others, then on its node, and on the master last",
          "[pacelinectl]") {
  ThreeHosts cluster;
  Request request = request_at("a", "keys plan");
  request.json = true;
  std::vector<std::string> steps;
  const auto answer = nlohmann::json::parse(run_command(request, cluster.environment).out);
  for (const auto& step : answer["steps"]) steps.push_back(step["command"]);

  CHECK(steps[0] == "pacelinectl --node a drain --why topology");
  CHECK(has(steps[1], "/keys/a.secret "));
  CHECK(steps[2] == "pacelinectl --node a keys");
  CHECK(has(steps[3], "keys export a | " + way_w));
  CHECK(has(steps[4], "keys export a | " + way_b));
  CHECK(std::vector<std::string>{steps.begin() + 5, steps.end()} ==
        Steps{way_w + "systemctl restart paceline",
              way_w + "pacelinectl --node w wait --timeout 120", "systemctl restart paceline",
              "pacelinectl --node a undrain --timeout 120",
              "pacelinectl --node a wait --timeout 120", way_b + "systemctl restart paceline",
              way_b + "pacelinectl --node b wait --timeout 120"});

  // Of the witness: before it has begun anew the master hears it by its old key, and makes a quorum with it.
  request.arguments = {"w"};
  const std::string of_witness = run_command(request, cluster.environment).out;
  CHECK(of_witness.find("--node a wait") < of_witness.find("--node w wait"));
  CHECK(of_witness.find("--node w wait") < of_witness.find("--node b wait"));

  request.arguments = {"x"};
  CHECK(run_command(request, cluster.environment).exit == exit_usage);
}

TEST_CASE("a plan is a script that carries the file, and says who was master and what is lost",
          "[pacelinectl]") {
  ThreeHosts cluster;
  const std::string next = cluster.with("pacers = 2", "pacers = 3");

  const std::string script = cluster.plan(next).out;

  CHECK(
      script.starts_with("#!/bin/bash\n# From /etc/demo.toml as it is now to:\n#   pacers 2 -> 3\n"
                         "# Lost: a hand-over"));
  CHECK(has(script, "b was master when this was made"));
  CHECK(has(script, "set -euo pipefail\nnext() { cat <<'END_OF_TOPOLOGY'\n" + next +
                        "END_OF_TOPOLOGY\n}\n"));
  CHECK(has(script, "END_OF_TOPOLOGY\n}\n{\n"));  // As `plan | bash` reads it: as a whole,
  CHECK(script.ends_with("echo 'done'\n} < /dev/null\n"));
  CHECK(cluster.plan(cluster.text).out == "# no setting differs: nothing to do\n");
}

TEST_CASE("what cannot be one plan is said before anything is done", "[pacelinectl]") {
  ThreeHosts cluster;
  const auto refusal = [&](const std::string& next) {
    const Outcome outcome = cluster.plan(next);
    CHECK(outcome.exit == exit_usage);
    return outcome.error;
  };

  CHECK(has(
      refusal(cluster.with("[nodes.w]", block_c.substr(0, block_c.find("# The")) + "[nodes.w]")),
      "node c is new and has to be the last one"));
  auto two = cluster.with("192.0.2.13", "192.0.2.99");
  two.replace(two.find("192.0.2.12"), 10, "192.0.2.98");
  CHECK(has(refusal(two), "nodes b and w at once: one node at a time"));
  CHECK(has(refusal(cluster.with("priority = 90", "priority = 0")), "b is a witness in one"));
  CHECK(has(refusal(cluster.with("127.0.0.1", "192.0.2.97")), "a: run this on another node"));

  cluster.environment.files["/etc/two words"].text = "x";
  CHECK(has(
      refusal(cluster.with("# The bus:", block_c).replace(0, 0, "membership = \"two words\"\n")),
      "at once"));
}

TEST_CASE("a file whose name is more than one word of a shell is in no plan", "[pacelinectl]") {
  const Topology topology = *parse_topology(ThreeHosts{}.text, "/etc/demo.toml");
  PlanFacts facts{.our_host = "127.0.0.1",
                  .master = "",
                  .topology = "/etc/demo.toml",
                  .owner = "",
                  .files = {"/etc/x;reboot"},
                  .term_file = "/t",
                  .keys = "/k",
                  .run_dir = "/r",
                  .shell = "ssh {host}",
                  .service = "x {verb}"};
  CHECK(has(plan_steps(topology, topology, Needed{}, facts).error().detail, "/etc/x;reboot"));
  facts.files = {};
  CHECK(plan_steps(topology, topology, Needed{}, facts).has_value());
}

TEST_CASE("wait ends when a node has been well for a while, and says what it waited for in vain",
          "[pacelinectl]") {
  ThreeHosts cluster;
  cluster.environment.pauses_left = 1000;
  Request request = request_at("a", "wait", {"b"});

  CHECK(has(run_command(request, cluster.environment).out, "b could be master or is, after "));
  request.arguments = {"w"};
  CHECK(has(run_command(request, cluster.environment).out, "w is heard"));
  request.arguments = {"x"};
  CHECK(run_command(request, cluster.environment).exit == exit_usage);

  cluster.view.peers[0].maintenance = "disks";
  cluster.show();
  request.arguments = {"b"};
  request.timeout_s = 1;
  const Outcome outcome = run_command(request, cluster.environment);
  CHECK(outcome.exit == exit_not_answered);
  CHECK(has(outcome.error, "b is in maintenance (disks)"));
}

/// An editor that replaces a text in the file that it is given.
Outcome edited(ThreeHosts& cluster, const std::string& from, const std::string& to,
               const std::string& answer) {
  cluster.environment.input = answer;
  cluster.environment.on_terminal = [&](const std::vector<std::string>& words) -> Result<int> {
    CHECK(words == Steps{"vi", "-n", "/etc/demo.edit.toml"});
    std::string& text = cluster.environment.files["/etc/demo.edit.toml"].text;
    if (!from.empty()) text.replace(text.find(from), from.size(), to);
    return 0;
  };
  Request request = request_at("a", "topology edit");
  request.asks = true;
  request.filters = {{"editor", "vi -n"}};
  return run_command(request, cluster.environment);
}

TEST_CASE("an edited topology takes its place after a yes, and a refused one stays for another try",
          "[pacelinectl]") {
  ThreeHosts cluster;
  auto& files = cluster.environment.files;

  CHECK(edited(cluster, "", "", "").out == "nothing was changed\n");
  CHECK_FALSE(files.contains("/etc/demo.edit.toml"));

  const Outcome wrong = edited(cluster, "pacers = 2", "pacers = 0", "yes\n");
  CHECK(wrong.exit == exit_mistakes);
  CHECK(has(wrong.error, "/etc/demo.edit.toml stays for another try"));
  CHECK(files["/etc/demo.toml"].text == cluster.text);

  CHECK(has(edited(cluster, "pacers = 0", "pacers = 3", "no\n").error, "not agreed to"));
  CHECK(files["/etc/demo.toml"].text == cluster.text);

  CHECK(edited(cluster, "", "", "yes\n").exit == exit_fine);
  CHECK(has(cluster.environment.output, "pacers 2 -> 3\ntakes the place of /etc/demo.toml: yes? "));
  CHECK(files["/etc/demo.toml"].text == cluster.with("pacers = 2", "pacers = 3"));
  CHECK(files["/etc/demo.before.toml"].text == cluster.text);
  CHECK_FALSE(files.contains("/etc/demo.edit.toml"));
}

TEST_CASE("an editor that fails, or no terminal, changes nothing", "[pacelinectl]") {
  ThreeHosts cluster;
  cluster.environment.on_terminal = [](const auto&) { return Result<int>{1}; };
  Request request = request_at("a", "topology edit");
  CHECK(run_command(request, cluster.environment).exit == exit_usage);
  request.asks = true;
  CHECK(has(run_command(request, cluster.environment).error, "editor ended with 1; nothing was"));
  CHECK(cluster.environment.files["/etc/demo.toml"].text == cluster.text);
}

}  // namespace
}  // namespace paceline::test
