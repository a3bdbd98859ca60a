// What the pacer does for targets of which nothing changes: next to nothing.
#include "common/base/hash.h"
#include "tests/pacer/node_of_pacer.h"
#include "tests/support/allocated_bytes.h"
#include "tests/support/catch.h"
#include "tests/support/still_world.h"

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

// A pacer of forty targets with ten agents each, of whom some take or end an interaction each second.
class StillPacer {
 public:
  StillPacer() {
    std::vector<std::string> ids;
    for (int i = 0; i < 40; ++i) ids.push_back("t" + std::to_string(i));
    ids_ = ids;
    rows_.assign(ids.size(), calm_stat());
    PacerConfig config = one_shard(std::move(ids));
    config.pace_keyframe = config.checkpoint_period = 24h * 365;
    pacer_.emplace(config, still.world, store_);
    header_.sender = "a/statfeed/0";
    header_.shard = 0;
    header_.incarnation = 1;
    header_.dictionary = dictionary_hash(ids_);
    header_.keyframe = true;
    tell();
    header_.keyframe = false;
  }

  /// Of each of so many targets one agent does something.
  void act(int targets) {
    changed_.clear();
    for (int i = 0; i < targets; ++i) {
      const auto at =
          static_cast<std::uint32_t>(random_.uniform() * static_cast<double>(ids_.size()));
      TargetStat& row = rows_[at];
      const int step = row.busy == 10 || (row.busy > 0 && random_.uniform() < 0.5) ? -1 : 1;
      row.busy += step;
      row.ready -= step;
      if (step > 0) ++row.entered, ++row.answered;
      changed_.push_back(at);
    }
  }

  /// The pacer hears what changed, and a second passes.
  void tell() {
    ++header_.sequence;
    encode(StateParts<TargetStat>{header_, head_, ids_, changed_, rows_}, bytes_);
    still.hear("stat", {"a", "statfeed", 0}, bytes_);
    still.pass(1s);
  }

  std::size_t told_bytes() const { return bytes_.size(); }

  StillWorld still{{"a", "pacer", 0}};

 private:
  MemoryStore store_;
  std::vector<std::string> ids_;
  std::vector<TargetStat> rows_;
  std::vector<std::uint32_t> changed_;
  FrameHeader header_;
  StatSource head_;
  Bytes bytes_;
  SplitMix64 random_{1};
  std::optional<Pacer> pacer_;
};

}  // namespace

TEST_CASE("a pacer takes nothing from the heap while nothing changes", "[pacer]") {
  StillPacer pacer;
  for (int s = 0; s < 600; ++s) pacer.tell();
  const AllocatedBytes allocated;
  const std::size_t said = pacer.still.said;

  for (int s = 0; s < 60; ++s) pacer.tell();

  CHECK(pacer.still.said >= said + 30);  // It decided, and said so.
  CHECK(allocated.now() == 0);
}

TEST_CASE(
    "of statistics that change a pacer takes from the heap what the changed rows take, no more",
    "[pacer]") {
  constexpr int targets = 10;
  StillPacer pacer;
  for (int s = 0; s < 3 * 3600; ++s) {
    pacer.act(targets);
    pacer.tell();
  }
  const std::size_t said = pacer.still.said;
  std::size_t taken = 0;

  for (int s = 0; s < 60; ++s) {
    pacer.act(targets);
    const AllocatedBytes allocated;
    pacer.tell();
    taken += allocated.now();
  }

  CHECK(pacer.still.said >= said + 60);
  CAPTURE(taken);
  CHECK(taken <= 60 * targets * (sizeof(TargetStat) + sizeof(std::uint32_t)));
}

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
