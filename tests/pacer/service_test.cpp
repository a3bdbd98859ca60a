// The pacer's shell on virtual time: a statfeed and a publisher speak, a subscriber hears the pace.
#include "services/pacer/service.h"

#include <memory>

#include "tests/support/catch.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
namespace {

struct MemoryStore final : CheckpointStore {
  std::string bytes;
  Result<std::string> load() override {
    if (bytes.empty()) return fail(Errc::not_found, "nothing saved");
    return bytes;
  }
  Result<void> save(std::string_view saved) override {
    bytes = saved;
    return {};
  }
};

PacerConfig one_shard(std::vector<std::string> ids) {
  PacerConfig config;
  config.stat_stale = 3s;
  for (auto& id : ids)
    config.targets.push_back(
        {.id = std::move(id), .media_channel = "chat", .group = {}, .queue = {}, .options = {}});
  return config;
}

TargetStat calm_stat() {
  return {.quality = StatQuality::good,
          .logged_in = 10,
          .ready = 4,
          .busy = 6,
          .entered = 100,
          .answered = 100};
}

// A node with everything around one pacer; its statfeed repeats its rows every 500 ms.
struct Node {
  explicit Node(unsigned seed, PacerConfig its_config = one_shard({"sales", "help"}))
      : sim{seed}, config{std::move(its_config)} {
    for (const auto& target : config.targets) ids.push_back(target.id);
    World& feed_world = sim.process({"a", "statfeed", 0});
    feed = std::make_unique<StateWriter<TargetStat>>(
        feed_world, "stat", StateWriter<TargetStat>::Options{.ids = ids, .shard = 0});
    feed_desk = std::make_unique<ControlDesk>(feed_world);
    feed_desk->keyframe("stat", 0, [this] { return feed->keyframe(); });
    feed_world.timers.every(500ms, [this] {
      if (speaking) feed->publish({});
    });
    World& publisher_world = sim.process({"a", "publisher", 0});
    publisher = std::make_unique<StateWriter<TargetFeedback>>(
        publisher_world, "feedback", StateWriter<TargetFeedback>::Options{.ids = ids});
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
  std::unique_ptr<ControlDesk> feed_desk;
  std::unique_ptr<StateWriter<TargetFeedback>> publisher;
  std::unique_ptr<StateReader<TargetPace>> heard;
  std::unique_ptr<Pacer> pacer;
};

}  // namespace

TEST_CASE("free agents are given invitations within a second of the first statistics",
          "[pacer][scenario]") {
  const auto seed = GENERATE(range(0u, 200u));
  CAPTURE(seed);
  Node node{seed};
  node.feed->set(0, calm_stat());

  node.sim.run_for(2s);

  REQUIRE(node.heard->known(0));
  CHECK(node.heard->row(0).max_pending == 4);
  CHECK(node.heard->row(0).reason == PaceReason::warm_up);
  CHECK(node.heard->row(1).reason == PaceReason::not_visible);
  CHECK(node.heard->row(1).max_pending == 0);
}

TEST_CASE("a silent statfeed means zero within its bound and invitations again after it speaks",
          "[pacer][scenario]") {
  const auto seed = GENERATE(range(0u, 200u));
  CAPTURE(seed);
  Node node{seed};
  node.feed->set(0, calm_stat());
  node.sim.run_for(2s);

  node.speaking = false;
  node.sim.run_for(4s);

  CHECK(node.heard->row(0).max_pending == 0);
  CHECK(node.heard->row(0).state == PaceState::stale);
  CHECK(node.heard->row(0).reason == PaceReason::stale_statistics);

  node.speaking = true;
  node.sim.run_for(2s);

  CHECK(node.heard->row(0).max_pending > 0);
  CHECK(node.sim.count("statistics_silent") == 1);
}

TEST_CASE("what was learned survives a kill", "[pacer][scenario]") {
  Node node{1};
  node.feed->set(0, calm_stat());
  TargetFeedback feedback;
  for (int i = 1; i <= 60; ++i) {
    feedback.sent += 2;
    feedback.accepted += 1;
    feedback.rejected += 1;
    node.publisher->set(0, feedback);
    node.publisher->publish({.epoch = "e", .term = 1, .sequence = static_cast<std::uint64_t>(i)});
    node.sim.run_for(1s);
  }
  node.sim.run_for(2s);
  const double before = node.heard->row(0).acceptance;
  REQUIRE(node.heard->row(0).reason != PaceReason::warm_up);
  node.pacer->save();

  node.stop();
  node.start();
  node.sim.run_for(2s);

  CHECK(node.heard->row(0).acceptance == Approx(before).margin(0.05));
  CHECK(node.heard->row(0).reason != PaceReason::warm_up);
  CHECK(node.sim.count("checkpoint_taken_up") == 1);
}

TEST_CASE("a pacer that starts late asks for a keyframe and paces", "[pacer][scenario]") {
  const auto seed = GENERATE(range(0u, 50u));
  CAPTURE(seed);
  Node node{seed};
  node.stop();
  node.feed->set(0, calm_stat());
  node.sim.run_for(7s);

  node.start();
  node.sim.run_for(1500ms);

  CHECK(node.heard->row(0).max_pending == 4);
}

TEST_CASE("feedback of a publisher that was master before does not turn back the counters",
          "[pacer][scenario]") {
  Node node{3};
  node.feed->set(0, calm_stat());
  const TargetFeedback late{.sent = 50, .accepted = 20, .rejected = 30};
  node.publisher->set(0, late);
  node.publisher->publish({.epoch = "e", .term = 2, .sequence = 5});
  node.sim.run_for(1s);

  node.publisher->set(0, {.sent = 10, .accepted = 4, .rejected = 6});
  node.publisher->publish({.epoch = "e", .term = 1, .sequence = 900});
  node.sim.run_for(1s);

  CHECK(node.sim.count("feedback_refused") == 0);
  CHECK(node.heard->row(0).pending == 0);
}

TEST_CASE("an operator gets an explanation with every figure", "[pacer][scenario]") {
  Node node{4};
  node.feed->set(0, calm_stat());
  node.sim.run_for(2s);
  World& asker = node.sim.process({"a", "watch", 0});
  Result<Explanation> got = fail("not answered");

  ask_control<Explanation>(asker.bus, {"a", "pacer", 0},
                           {.question = "explain", .arguments = {"sales"}}, 1s,
                           [&](Result<Explanation> answer) { got = std::move(answer); });
  node.sim.run_for(1s);

  REQUIRE(got);
  CHECK(got->reason == PaceReason::warm_up);
  CHECK(!got->sentence.empty());
  CHECK(got->steps.size() > 40);
}

}  // namespace paceline::test
