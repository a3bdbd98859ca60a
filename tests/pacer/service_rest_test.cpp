// What the pacer does for targets of which nothing changes: next to nothing.
#include "tests/pacer/node_of_pacer.h"
#include "tests/support/allocated_bytes.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

// Cycles in which anything was decided; with one target, its decisions.
std::uint64_t decisions(const NodeOfPacer& node) {
  const auto& senders = node.heard->senders();
  return senders.empty() ? 0 : senders.begin()->second.head.cycle;
}

TargetStat nobody_there() {
  return {.quality = StatQuality::good, .entered = 100, .answered = 100};
}

}  // namespace

TEST_CASE("a target without agents is decided about once a minute while nothing changes",
          "[pacer][scenario]") {
  NodeOfPacer node{1, one_shard({"sales"})};
  node.feed->set(0, nobody_there());
  node.sim.run_for(10s);
  REQUIRE(node.heard->row(0).reason == PaceReason::no_agents);
  const auto before = decisions(node);

  node.sim.run_for(Duration{1h});

  CHECK(decisions(node) - before >= 60);
  CHECK(decisions(node) - before <= 80);
  CHECK(node.heard->row(0).state == PaceState::ok);
}

TEST_CASE("a target that rests is paced within a second of the first agent, visitor or change",
          "[pacer][scenario]") {
  PacerConfig config = one_shard({"sales", "off"});
  config.shard.targets[1].options.enabled = false;
  NodeOfPacer node{1, config};
  node.feed->set(0, nobody_there());
  node.feed->set(1, calm_stat());
  node.sim.run_for(Duration{5min} + 7s);
  REQUIRE(node.heard->row(0).reason == PaceReason::no_agents);
  REQUIRE(node.heard->row(1).reason == PaceReason::disabled);

  node.feed->set(0, calm_stat());
  ShardTargets shard = config.shard;
  shard.targets[1].options.enabled = true;
  node.pacer->take_targets(shard, "next");
  node.sim.run_for(1s);

  CHECK(node.heard->row(0).max_pending == 4);
  CHECK(node.heard->row(1).max_pending == 4);
}

TEST_CASE("targets that rest are stale as soon as all others when the statistics fall silent",
          "[pacer][scenario]") {
  NodeOfPacer node{1, one_shard({"sales", "help"})};
  node.feed->set(0, nobody_there());
  node.feed->set(1, calm_stat());
  node.sim.run_for(Duration{5min});
  REQUIRE(node.heard->row(0).reason == PaceReason::no_agents);

  node.speaking = false;
  node.sim.run_for(4s);
  CHECK(node.heard->row(0).reason == PaceReason::stale_statistics);
  CHECK(node.heard->row(1).reason == PaceReason::stale_statistics);

  node.speaking = true;
  node.sim.run_for(2s);
  CHECK(node.heard->row(0).reason == PaceReason::no_agents);
}

TEST_CASE("what the pacer tells of all targets together is right after targets came and went",
          "[pacer][scenario]") {
  NodeOfPacer node{1, one_shard({"sales", "help", "tech"})};
  node.feed->set(0, calm_stat());
  node.feed->set(1, nobody_there());
  node.feed->set(2, calm_stat());
  node.sim.run_for(10s);
  CHECK(node.heard->senders().begin()->second.head.cold == 3);

  ShardTargets shard = node.config.shard;
  shard.targets.pop_back();
  shard.targets[1].options.enabled = false;
  node.pacer->take_targets(shard, "next");
  node.sim.run_for(10s);

  CHECK(node.heard->senders().begin()->second.head.cold == 1);
}

}  // namespace paceline::test
