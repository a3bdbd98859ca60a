// A pacer's shell on virtual time, with what speaks to it and hears it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "services/pacer/service.h"
#include "tests/support/fake_elector.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
using namespace pacer;

struct MemoryStore final : CheckpointStore {
  std::string bytes;
  std::vector<std::string> siblings;
  bool full = false;  // The disk.
  std::vector<std::string> others() override { return siblings; }
  Result<std::string> load() override {
    if (bytes.empty()) return fail(Errc::not_found, "nothing saved");
    return bytes;
  }
  Result<void> save(std::string_view saved) override {
    if (full) return fail(Errc::unavailable, "No space left on device");
    bytes = saved;
    return {};
  }
};

inline PacerConfig one_shard(std::vector<std::string> ids) {
  PacerConfig config;
  config.tuning.sends_after_decision = false;  // As parse_pacer_config() has it.
  config.stat_stale = 3s;
  for (auto& id : ids)
    config.shard.targets.push_back(
        {.id = std::move(id), .media_channel = "chat", .group = {}, .queue = {}, .options = {}});
  return config;
}

inline TargetStat calm_stat() {
  return {.quality = StatQuality::good,
          .logged_in = 10,
          .ready = 4,
          .busy = 6,
          .entered = 100,
          .answered = 100};
}

// A node with everything around one pacer; its statfeed repeats its rows every 500 ms.
//   around   where its statfeed and publisher are, and who is master: within a node messages take
//            some chance's time
struct NodeOfPacer {
  explicit NodeOfPacer(unsigned seed, PacerConfig its_config = one_shard({"sales", "help"}),
                       const std::string& around = "a")
      : sim{seed}, config{std::move(its_config)} {
    for (const auto& target : config.shard.targets) ids.push_back(target.id);
    World& feed_world = sim.process({around, "statfeed", 0});
    feed = std::make_unique<StateWriter<TargetStat>>(
        feed_world, "stat", StateWriter<TargetStat>::Options{.ids = ids, .shard = 0});
    feed_desk = std::make_unique<ControlServer>(feed_world);
    feed_desk->keyframe("stat", 0, [this] { return feed->keyframe(); });
    feed_world.timers.every(500ms, [this] {
      if (speaking) feed->publish({});
    });
    elector = std::make_unique<FakeElector>(sim.process({"a", "elector", 0}), around);
    World& publisher_world = sim.process({around, "publisher", 0});
    publisher = std::make_unique<StateWriter<TargetFeedback>>(
        publisher_world, "feedback", StateWriter<TargetFeedback>::Options{.ids = ids});
    publisher_desk = std::make_unique<ControlServer>(publisher_world);
    publisher_desk->keyframe("feedback", -1, [this] { return publisher->keyframe(); });
    heard = std::make_unique<StateReader<TargetPace>>(
        publisher_world, "pace", StateReader<TargetPace>::Options{}, ids,
        [](const Address&, const PaceCycle&, const auto&) {});
    start();
  }
  void start() {
    World& world = sim.process({"a", "pacer", 0});
    pacer = std::make_unique<Pacer>(config, world, store);
  }
  void stop() {
    pacer.reset();
    sim.stop_process({"a", "pacer", 0});
  }

  SimWorld sim;
  PacerConfig config;
  MemoryStore store;
  std::vector<std::string> ids;
  bool speaking = true;
  std::unique_ptr<StateWriter<TargetStat>> feed;
  std::unique_ptr<ControlServer> feed_desk;
  std::unique_ptr<FakeElector> elector;
  std::unique_ptr<StateWriter<TargetFeedback>> publisher;
  std::unique_ptr<ControlServer> publisher_desk;
  std::unique_ptr<StateReader<TargetPace>> heard;
  std::unique_ptr<Pacer> pacer;
};

}  // namespace paceline::test
