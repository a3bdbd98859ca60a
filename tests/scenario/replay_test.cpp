// A day's feed, recorded and played back: statfeed and pacer say the same, byte for byte.
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>

#include "services/pacer/service.h"
#include "services/statfeed/adapter_record.h"
#include "services/statfeed/adapter_replay.h"
#include "tests/scenario/no_checkpoint.h"
#include "tests/support/catch.h"
#include "tests/support/fake_elector.h"
#include "tests/support/folder.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
using namespace pacer;
using namespace statfeed;
namespace {

constexpr std::size_t target_count = 3;

Targets three_targets() {
  Targets targets;
  for (std::size_t i = 0; i < target_count; ++i) {
    const auto number = std::to_string(i);
    targets.all.push_back({.id = "t" + number,
                           .media_channel = "chat",
                           .group = "g" + number,
                           .queue = "q" + number,
                           .options = {.refresh_period = 10s}});
  }
  targets.all[2].options.algorithm = Algorithm::predictive_b_dual;
  return targets;
}

// A Stat Server pair through a day: load that rises and falls, a primary that dies at noon and
// comes back with its counters at zero, a backup that lags for an hour.
class Day final : public Source {
 public:
  Day(SourceListener& listener, World& world) : listener_{listener}, world_{world} {}
  ~Day() override { stop(); }
  void start() override {
    started_ = world_.clock.now();
    next();
  }
  void targets_changed(const TargetsIndex::Change&) override {}
  void stop() override { world_.timers.cancel(timer_); }

 private:
  // At odd instants, so that no two timers of the two runs fall together.
  void next() {
    elapsed_ +=
        std::chrono::floor<std::chrono::microseconds>(from_seconds(4 + 9 * random_.uniform()));
    timer_ = world_.timers.after(started_ + elapsed_ - world_.clock.now(), [this] {
      speak();
      next();
    });
  }

  void speak() {
    const double hour = to_seconds(elapsed_) / 3600;
    const double load = 0.5 + 0.4 * std::sin(hour / 24 * 6.28);
    for (std::uint32_t slot = 0; slot < target_count; ++slot) {
      auto& group = groups_[slot];
      group.busy = std::clamp(group.busy + (random_.uniform() < load ? 1 : -1), 0, 9 + int(slot));
      const int came = random_.uniform() < load ? 1 : 0;
      group.entered += came;
      (random_.uniform() < 0.05 ? group.abandoned : group.answered) += came;
    }
    const bool dead = hour > 12 && hour < 12.5;
    if (was_dead_ && !dead)
      for (auto& group : groups_) group.base = group.entered;
    if (!dead) tell(0, was_dead_);
    was_dead_ = dead;
    tell(1, false);
    if (hour > 18 && hour < 19) listener_.became(1, {.complete = true, .available = false});
    if (hour > 19) listener_.became(1, {.complete = true});
  }

  void tell(int server, bool anew) {
    if (!begun_[server] || anew) listener_.began(server);
    std::vector<StatisticUpdate> updates;
    for (std::uint32_t slot = 0; slot < target_count; ++slot) {
      const auto& group = groups_[slot];
      const int agents = 10 + static_cast<int>(slot);
      const auto say = [&](StatisticKind kind, double value) {
        updates.push_back({.statistic = statistic_of(slot, kind),
                           .timestamp_ms = 1'790'000'000'000 + elapsed_ / 1ms,
                           .value = value});
      };
      const int base = server == 0 ? group.base : 0;
      say(StatisticKind::logged_in, agents);
      say(StatisticKind::ready, agents - group.busy);
      say(StatisticKind::busy, group.busy);
      say(StatisticKind::in_queue, group.busy == agents ? 2 : 0);
      say(StatisticKind::entered, group.entered - base);
      say(StatisticKind::answered, std::max(group.answered - base, 0));
      say(StatisticKind::abandoned, group.abandoned);
      say(StatisticKind::handling_time, 100 + 20 * random_.uniform());
    }
    listener_.updated(server, updates);
    listener_.became(server, {.complete = true});
    listener_.heard(server);
    begun_[server] = true;
  }

  struct Group {
    int busy = 4;
    int entered = 0;
    int answered = 0;
    int abandoned = 0;
    int base = 0;  // Of the primary's counters since it came back.
  };
  SourceListener& listener_;
  World& world_;
  SimRandom random_{42};
  Instant started_{};
  Duration elapsed_{};
  std::array<Group, target_count> groups_{};
  bool begun_[2] = {false, false};
  bool was_dead_ = false;
  TimerId timer_ = 0;
};

// One node's statfeed and pacer for a stretch of the day; every `pace` message as it was sent.
struct Run {
  explicit Run(std::function<std::unique_ptr<Source>(Statfeed&, World&)> source_of,
               const std::string& record_to = "") {
    const auto targets = three_targets();
    World& feed_world = sim.process({"a", "statfeed", 0});
    StatfeedConfig feed_config;
    feed_config.servers = {"http://primary", "http://backup"};
    feed_config.period = 5s;
    feed_config.keyframe = 60s;
    feed_config.failover.silence = 40s;
    feed_config.stale = 60s;
    feed_config.targets = targets;
    PacerConfig pacer_config;
    pacer_config.recompute = 1s;
    pacer_config.pace_period = 20s;
    pacer_config.pace_keyframe = 5min;
    pacer_config.stat_stale = 60s;
    pacer_config.feedback_stale = 60s;
    pacer_config.shard.targets = targets.all;
    World& ear = sim.process({"a", "publisher", 0});
    ear.bus.subscribe("pace", [this](const Address&, Payload bytes) {
      said.emplace_back(bytes.begin(), bytes.end());
    });
    feedback = std::make_unique<StateWriter<TargetFeedback>>(
        ear, "feedback", StateWriter<TargetFeedback>::Options{.ids = targets.ids()});
    ear.timers.every(20s, [this] { speak(); });
    pacer = std::make_unique<Pacer>(pacer_config, sim.process({"a", "pacer", 0}), store);
    elector = std::make_unique<FakeElector>(sim.process({"a", "elector", 0}), "a", 20s);
    statfeed = std::make_unique<Statfeed>(feed_config, feed_world);
    recorder = std::make_unique<FeedRecorder>(*statfeed, feed_world);
    if (!record_to.empty()) REQUIRE(recorder->begin(record_to, std::nullopt, false));
    source = source_of(*statfeed, feed_world);
    for (int server = 0; server < 2; ++server) statfeed->attach(server, *source);
    source->start();
  }

  // Invitations as a master's publisher would report them, whatever is decided.
  void speak() {
    ++cycles;
    for (std::uint32_t i = 0; i < target_count; ++i)
      feedback->set(i, {.sent = 2 * cycles,
                        .accepted = cycles / 2,
                        .rejected = cycles,
                        .answered = cycles / 2 - cycles / 50,
                        .abandoned = cycles / 50,
                        .pending = static_cast<std::int32_t>(cycles % 3)});
    feedback->publish({.epoch = "e", .term = 1, .sequence = cycles});
  }

  SimWorld sim{1};
  NoCheckpoint store;
  std::uint64_t cycles = 0;
  std::vector<Bytes> said;
  std::unique_ptr<StateWriter<TargetFeedback>> feedback;
  std::unique_ptr<Pacer> pacer;
  std::unique_ptr<FakeElector> elector;
  std::unique_ptr<Statfeed> statfeed;
  std::unique_ptr<FeedRecorder> recorder;
  std::unique_ptr<Source> source;
};

auto live() {
  return [](Statfeed& statfeed, World& world) { return std::make_unique<Day>(statfeed, world); };
}

auto replay(const std::string& file) {
  return [file](Statfeed& statfeed, World& world) {
    return std::make_unique<ReplayAdapter>(ReplayAdapter::Options{.file = file}, statfeed,
                                           statfeed.targets_index(), world);
  };
}

std::string content_of(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST_CASE("a day's feed played back gives the same paces byte for byte", "[scenario]") {
  const Folder folder;
  const auto file = folder / "day.feed";
  std::vector<Bytes> recorded;
  {
    Run run{live(), file};
    run.sim.run_for(24h);
    recorded = run.said;
    CHECK(run.statfeed->failover().switches() >= 2);
    CHECK(run.statfeed->totals().total(0, 0) > 4000);
    run.recorder->end("the day is over");
    CHECK(run.sim.count("source_switched") >= 2);
  }

  Run played{replay(file)};
  played.sim.run_for(24h);

  REQUIRE(recorded.size() > 10'000);
  REQUIRE(played.said.size() == recorded.size());
  CHECK(std::ranges::equal(played.said, recorded));
  const auto bytes = std::filesystem::file_size(file);
  CAPTURE(bytes);
  CHECK(bytes < 5'000'000);  // Some 10,000 rounds of 24 readings, two servers.
}

TEST_CASE("a damaged feed is played up to the damage and says where", "[scenario]") {
  const Folder folder;
  const auto file = folder / "hour.feed";
  std::vector<Bytes> recorded;
  {
    Run run{live(), file};
    run.sim.run_for(1h);
    recorded = run.said;
    run.recorder->end("");
  }
  auto bytes = content_of(file);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x40);
  std::ofstream{file, std::ios::binary} << bytes;

  Run played{replay(file)};
  played.sim.run_for(29min);

  REQUIRE(played.said.size() > 100);
  CHECK(std::equal(played.said.begin(), played.said.end(), recorded.begin()));
  CHECK(played.sim.count("replay_ended") == 0);
  played.sim.run_for(10min);
  REQUIRE(played.sim.count("replay_ended") == 1);
  const auto end = std::ranges::find(played.sim.log(), "replay_ended", &SimEvent::event);
  CHECK(end->level == LogLevel::error);
  CHECK(end->line.find("damaged at byte ") != std::string::npos);
}

TEST_CASE("a recording begun in the midst of a day begins with all that is known", "[scenario]") {
  const Folder folder;
  const auto file = folder / "part.feed";
  TargetStat last;
  {
    Run run{live()};
    run.sim.run_for(2h);
    REQUIRE(run.recorder->begin(file, 10min, false));
    CHECK(run.recorder->begin(file, 10min, false).error().code == Errc::refused);
    run.sim.run_for(9min + 59s);
    last = run.statfeed->writer(0).row(1);
    CHECK(run.recorder->recording());
    run.sim.run_for(3s);
    CHECK_FALSE(run.recorder->recording());
    CHECK(run.recorder->begin(file, 10min, false).error().detail == file + ": exists already");
  }

  Run played{replay(file)};
  played.sim.run_for(1s);
  const auto first = played.statfeed->writer(0).row(1);
  CHECK(first.quality == StatQuality::good);
  CHECK(first.logged_in == 11);
  played.sim.run_for(9min + 58s);
  const auto now = played.statfeed->writer(0).row(1);
  CHECK(now.busy == last.busy);
  CHECK(now.ready == last.ready);
  CHECK(now.handling_time_s == last.handling_time_s);
}

}  // namespace
}  // namespace paceline::test
