#include "services/pacelinectl/check_group.h"

#include "tests/support/manual.h"
#include "topology/supervisor.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

Topology demo() {
  auto topology = parse_topology(tree_file("topology/demo.toml"), "/etc/demo.toml");
  REQUIRE(topology);
  return *std::move(topology);
}

std::string group_of(const Topology& topology, const std::string& user = "paceline",
                     const std::string& logs = "/var/log/paceline") {
  return supervisor_groups(topology, {"a", "b"},
                           {.bin_dir = "/opt/50%more/bin",
                            .topology = topology.file,
                            .run_dir = {},
                            .log_dir = logs,
                            .user = user});
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  REQUIRE(at != text.npos);
  return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("a group as it was generated has no difference, whatever its folders and user",
          "[pacelinectl]") {
  const Topology topology = demo();
  for (const char* user : {"", "paceline"})
    for (const char* logs : {"", "/var/log/paceline"}) {
      CAPTURE(user, logs);
      const auto text = group_of(topology, user, logs);
      const auto facts = read_group("; ours\n[program:other]\ncommand=x\n" + text, topology, "b");
      CHECK(facts.difference == "");
      CHECK(facts.user == user);
    }
}

TEST_CASE("where a node logs is read out of its group", "[pacelinectl]") {
  const std::string text = group_of(demo(), "", "/logs/50%more");

  CHECK(log_folders(text, "a") == std::vector<std::string>{"/logs/50%more"});
  CHECK(log_folders(text, "z").empty());
}

TEST_CASE("a group that somebody changed is told by its line", "[pacelinectl]") {
  const Topology topology = demo();
  const std::string text = group_of(topology);
  const auto difference = [&](const std::string& what, const std::string& by) {
    return read_group(replaced(text, what, by), topology, "a").difference;
  };

  CHECK_THAT(difference("exitcodes=0,78", "exitcodes=0"),
             Catch::Contains(": 'exitcodes=0' where the topology makes 'exitcodes=0,78'"));
  CHECK_THAT(difference("numprocs=2", "numprocs=4"), Catch::Contains("'numprocs=4' where"));
  CHECK_THAT(difference("autostart=true\n", ""),
             Catch::Contains("where the topology makes 'autostart=true'"));
  CHECK_THAT(difference("--node a", "--node b"), Catch::Contains("--node b"));
  CHECK_THAT(read_group(text.substr(0, text.find("[group:a]")), topology, "a").difference,
             Catch::Contains("'[group:a]' is missing below it"));
  CHECK_THAT(read_group("", topology, "a").difference, Catch::Contains("missing"));
}

TEST_CASE("the group of a node is found by its name", "[pacelinectl]") {
  const std::string text = group_of(demo());

  CHECK(has_group(text, "a"));
  CHECK(has_group(text, "b"));
  CHECK_FALSE(has_group(text, "w"));
  CHECK_FALSE(has_group("; [group:w]\n", "w"));
}

}  // namespace paceline::test
