#include "topology/membership.h"

#include "tests/support/catch.h"

namespace paceline::test {
namespace {

Targets three() {
  return *parse_targets("id,channel,group,queue\na,chat,A,QA\nb,chat,B,QB\nc,chat,C,QC\n", "t.csv");
}

std::string membership_error(std::string_view text) {
  Targets targets = three();
  const auto added = add_membership(targets, text, "m.csv");
  CHECK(targets.agents.empty() != added.has_value());
  return added ? "none" : added.error().detail;
}

}  // namespace

TEST_CASE("agents of the same groups are one set, and groups that are not paced are passed over",
          "[topology]") {
  Targets targets = three();

  REQUIRE(add_membership(targets,
                         "agent,groups\n"
                         "smith,B;A\r\n"
                         "# a remark\n"
                         "\"jones, jim\",A;B;Fax\n"
                         "kim,C\n"
                         "lee,Fax\n",
                         "m.csv"));

  REQUIRE(targets.agents.size() == 2);
  CHECK(targets.agents[0] == AgentSet{{"A", "B"}, 2});
  CHECK(targets.agents[1] == AgentSet{{"C"}, 1});
}

TEST_CASE("a mistake in the membership file names its place and leaves the targets as they were",
          "[topology]") {
  CHECK(membership_error("agents,groups\n") ==
        "m.csv:1:1: \"agents,groups\": the first line is \"agent,groups\"");
  CHECK(membership_error("agent,groups\nsmith\n") ==
        "m.csv:2:1: 1 cells, not an agent and its groups");
  CHECK(membership_error("agent,groups\nsmith,A\nsmith,B\n") ==
        "m.csv:3:1: agent = \"smith\": stands in line 2 already");
  CHECK(membership_error("agent,groups\nsmith,A;;B\n,A\n") ==
        "m.csv:2:7: groups = \"A;;B\": not 1 to 256 object ids, parted by semicolons (and 1 more "
        "mistakes)");
}

TEST_CASE("a targets file may tell the sets of agents itself, and is written as it is read",
          "[topology]") {
  const std::string_view text =
      "[[target]]\nid = \"a\"\nchannel = \"chat\"\ngroup = \"A\"\nqueue = \"QA\"\n"
      "[[target]]\nid = \"b\"\nchannel = \"chat\"\ngroup = \"B\"\nqueue = \"QB\"\npool = \"x\"\n"
      "[[agents]]\ngroups = [\"B\", \"A\"]\ncount = 12\n[[agents]]\ngroups = [\"A\"]\n";

  const auto targets = parse_targets(text, "t");

  if (!targets) FAIL(targets.error().detail);
  REQUIRE(targets->agents.size() == 2);
  CHECK(targets->agents[0] == AgentSet{{"A"}, 1});
  CHECK(targets->agents[1] == AgentSet{{"A", "B"}, 12});
  CHECK(targets->all[1].pool == "x");
  const auto again = parse_targets(targets_as_toml(*targets), "again");
  REQUIRE(again);
  CHECK(again->version() == targets->version());
  CHECK(again->agents == targets->agents);
  Targets others = *targets;
  others.agents[1].agents = 13;
  CHECK(others.version() != targets->version());
}

TEST_CASE("a mistake in a set of agents names its key", "[topology]") {
  const auto error = [](const std::string& set) {
    const auto targets = parse_targets("[[agents]]\n" + set, "t");
    return targets ? "none" : targets.error().detail;
  };
  CHECK(error("groups = []\n") ==
        "t:2:10: agents[0].groups = a list: not a list of 1 to 256 groups");
  CHECK(error("groups = [3]\n").starts_with("t:2:11: agents[0].groups = 3: not an object id"));
  CHECK(error("count = 3\n") == "t:1:1: agents[0].groups is missing");
  CHECK(error("groups = [\"A\"]\ncount = 0\n") ==
        "t:3:9: agents[0].count = 0: not in [1, 1000000]");
  CHECK(error("groups = [\"A\"]\nagents = 3\n") == "t:3:1: agents[0].agents = 3: unknown key");
}

}  // namespace paceline::test
