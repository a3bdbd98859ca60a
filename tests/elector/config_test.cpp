#include "services/elector/config.h"

#include "tests/support/manual.h"

namespace paceline::test {
using namespace elector;
namespace {

std::string shipped(const std::string& name) {
  return tree_file("topology/" + name);
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

TEST_CASE("the manual lists exactly the settings of the elector", "[elector]") {
  const auto effective_with = [](const std::string& line) -> Result<std::string> {
    auto place = TRY(parse_place(shipped("two-node.toml") + "\n[elector]\n" + line + "\n", "t.toml",
                                 "a", "elector", 0));
    static_cast<void>(TRY(parse_elector_config(place)));
    return place.settings.effective();
  };

  check_settings(read_table("services/elector/SETTINGS.md", "Settings of the elector"),
                 effective_with, {"state_dir"});
}

TEST_CASE("times of the election are never divided by time_scale", "[elector]") {
  const auto scaled = parse(shipped("demo.toml"));  // Ten times faster than life.
  const auto unscaled = parse(shipped("two-node.toml"));
  REQUIRE(scaled);
  REQUIRE(unscaled);

  for (const auto& [policy, skew] : {std::pair{scaled->policy, scaled->max_clock_skew},
                                     std::pair{unscaled->policy, unscaled->max_clock_skew}}) {
    CHECK(policy.heartbeat == 200ms);
    CHECK(policy.guard == 20ms);
    CHECK(policy.stagger == 20ms);
    CHECK(policy.wait_for_all == 5s);
    CHECK(policy.better_for == 2s);
    CHECK(policy.preempt_delay == 30s);
    CHECK(skew == 3s);
  }
}

TEST_CASE("who is silent follows from the channels publication and pace", "[elector]") {
  std::string text = shipped("two-node.toml");
  CHECK(parse(text)->publisher_stale == 1s);
  CHECK(parse(text)->pace_stale == 10s);

  text.insert(text.find("stale = ", text.find("[channels.pace]")) + 9, "1");
  text.insert(text.find("stale = ", text.find("[channels.publication]")) + 9, "3");

  CHECK(parse(text)->pace_stale == 110s);
  CHECK(parse(text)->publisher_stale == 31s);
}

}  // namespace paceline::test
