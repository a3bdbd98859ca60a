#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include <fstream>
#include <sstream>

#include "services/elector/config.h"
#include "tests/support/source_folder.h"

namespace paceline::test {
using namespace elector;
namespace {

std::string shipped(const std::string& name) {
  std::ifstream file{source_folder() + "/topology/" + name};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

Result<ElectorConfig> parse(const std::string& text, const std::string& extra = "") {
  Place place =
      parse_place(text + "\n[elector]\n" + extra, "/etc/paceline/t.toml", "a", "elector", 0)
          .value();
  return parse_elector_config(place);
}

std::string why(const Result<ElectorConfig>& config) {
  return config ? "accepted" : config.error().detail;
}

}  // namespace

TEST_CASE("the shipped topology gives two nodes and a witness the default timing", "[elector]") {
  const auto config = parse(shipped("two-node.toml"));

  REQUIRE(config);
  CHECK(config->policy.voters.size() == 3);
  CHECK(config->policy.quorum() == 2);
  CHECK_FALSE(config->policy.pair);
  CHECK(config->policy.lock() == 600ms);
  CHECK(config->policy.lease() > 578ms);
  CHECK(config->policy.lease() < 580ms);
  CHECK(config->state_dir == "/var/lib/paceline/a/state");
  CHECK(config->publisher_stale == 1s);
}

TEST_CASE("every value out of its range and every unknown key is refused by name", "[elector]") {
  const auto text = shipped("two-node.toml");
  for (const std::string line :
       {"heartbeat = \"49ms\"", "heartbeat = \"6s\"", "missed = 1", "missed = 11",
        "rho_ppm = 100001", "guard = \"2s\"", "stagger = \"0s\"", "better_for = \"1ms\"",
        "preempt_delay = \"1ms\"", "wait_for_all = \"61s\"", "max_clock_skew = \"100ms\""}) {
    CAPTURE(line);
    const auto config = parse(text, line);
    REQUIRE_FALSE(config);
    CHECK(why(config).find(line.substr(0, line.find(' '))) != std::string::npos);
    CHECK(why(config).find("t.toml:") != std::string::npos);
  }
  CHECK(why(parse(text, "hartbeat = \"200ms\"")).find("hartbeat") != std::string::npos);
}

TEST_CASE("a reload may add or remove one node, and never shorten a lock", "[elector]") {
  const auto of = [](std::vector<Voter> voters, Duration heartbeat = 200ms) {
    ElectorConfig config;
    config.policy.cluster = "sim";
    config.policy.voters = std::move(voters);
    config.policy.heartbeat = heartbeat;
    return config;
  };
  const ElectorConfig running = of({{"a", 100}, {"b", 90}, {"w", 0}});

  CHECK(may_follow(running, running));
  CHECK(may_follow(running, of({{"a", 100}, {"b", 90}, {"w", 0}, {"c", 80}})));
  CHECK(may_follow(running, of({{"a", 100}, {"w", 0}})));
  CHECK(may_follow(running, of({{"b", 10}, {"a", 100}, {"w", 0}}, 300ms)));

  const auto two = may_follow(running, of({{"a", 100}, {"c", 90}, {"w", 0}}));
  REQUIRE_FALSE(two);
  CHECK(two.error().detail == "nodes b, c come or go at once; one at a time");
  const auto shorter = may_follow(running, of({{"a", 100}, {"b", 90}, {"w", 0}}, 100ms));
  REQUIRE_FALSE(shorter);
  CHECK(shorter.error().detail.find("from 600ms to 300ms") != std::string::npos);
  auto renamed = running;
  renamed.policy.cluster = "other";
  CHECK(may_follow(running, renamed));  // Terms begin anew under another name.
}

TEST_CASE("a lease that would lapse between two heartbeats is refused", "[elector]") {
  const auto config =
      parse(shipped("two-node.toml"), "heartbeat = \"50ms\"\nmissed = 2\nguard = \"50ms\"");

  CHECK(why(config).find("1.2 heartbeats") != std::string::npos);
}

TEST_CASE("a pair without a witness must be accepted by name", "[elector]") {
  std::string text = shipped("two-node.toml");
  const auto from = text.find("# On a Stat Server host");
  const auto to = text.find("# The bus");
  text.erase(from, to - from);
  text.insert(text.find("[nodes.a]"), "mode = \"pair\"\n");

  CHECK(why(parse(text)).find("accept_dual_publish") != std::string::npos);
  const auto accepted = parse(text, "accept_dual_publish = true");
  REQUIRE(accepted);
  CHECK(accepted->policy.pair);
  CHECK(accepted->policy.quorum() == 1);
}

TEST_CASE("a relative state_dir starts at the folder of the topology file", "[elector]") {
  CHECK(parse(shipped("two-node.toml"), "state_dir = \"state\"")->state_dir ==
        "/etc/paceline/state");
  CHECK(parse(shipped("two-node.toml"), "state_dir = \"/var/lib/p\"")->state_dir == "/var/lib/p");
}

}  // namespace paceline::test
