// The messages of a whole cluster on a real bus without any of its processes, with values that
// change plausibly: for looking at the page and for measuring watch.
//
//   watch_fake_feed TOPOLOGY.toml [SECONDS_BETWEEN_FAILOVERS [NODE]]     until it is ended
//
// With NODE only that node's statfeed and pacers speak. Words on its standard input, one a line:
//   failover     the next node is master
//   hold, go     values stay as they are, and change again
//   mark         from now on the first target's queue is 1000 + the number of the pacer's cycle
//
// It binds what statfeed, pacers, elector and publisher of every node would bind.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "common/base/hash.h"
#include "common/ports/control.h"
#include "common/ports/state_channel.h"
#include "common/runtime/files.h"
#include "common/runtime/log.h"
#include "common/runtime/loop.h"
#include "common/runtime/system_clock.h"
#include "common/runtime/system_random.h"
#include "common/wire/codec.h"
#include "common/wire/explanation.h"
#include "topology/process/load_targets.h"
#include "topology/process/zmq_bus.h"
#include "topology/targets.h"
#include "topology/topology.h"

namespace paceline::test {
namespace {

// What every faked process shares.
struct FakeCluster {
  Topology topology;
  Targets targets;
  Loop loop;
  SystemClock clock;
  SystemRandom random;
  BoostLog log{{.process = "fake_feed", .least = LogLevel::warn}};
  std::size_t master = 0;  // Index of the node that is.
  std::uint64_t term_counter = 1;
  std::int64_t master_since_ms = 0;
  bool hold = false;
  bool mark = false;

  std::int64_t wall_ms() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(clock.wall().time_since_epoch())
        .count();
  }
  std::uint64_t term() const { return term_counter << 8 | (master + 1); }
  int below(int bound) { return static_cast<int>(random.uniform() * bound); }
};

struct Sender {
  Sender(FakeCluster& cluster_, Address self)
      : cluster{cluster_},
        bus{cluster_.topology, self, cluster_.loop, cluster_.log, metrics},
        world{.self = std::move(self),
              .incarnation = static_cast<std::uint64_t>(cluster_.wall_ms()),
              .clock = cluster_.clock,
              .timers = cluster_.loop,
              .bus = bus,
              .log = cluster_.log,
              .random = cluster_.random,
              .metrics = metrics},
        control{world} {
    bus.bind_all();
    metrics.counter("paceline_fake_messages_total", "Messages said.");
  }

  FakeCluster& cluster;
  Metrics metrics;
  ZmqBus bus;
  World world;
  ControlServer control;
};

std::vector<std::string> shard_ids(const Targets& targets, int shard, int shards) {
  std::vector<std::string> ids;
  for (const auto& target : targets.all)
    if (shard_of(target.id, shards) == shard) ids.push_back(target.id);
  return ids;
}

TargetStat next_stat(FakeCluster& cluster, TargetStat row) {
  if (row.logged_in == 0) {
    row.logged_in = 4 + cluster.below(30);
    row.busy = row.logged_in * (60 + cluster.below(40)) / 100;
  }
  row.quality = cluster.below(400) == 0 ? StatQuality::stale : StatQuality::good;
  row.busy = std::clamp(row.busy + cluster.below(5) - 2, 0, row.logged_in);
  row.after_call_work = std::min(row.logged_in - row.busy, cluster.below(4));
  row.ready = row.logged_in - row.busy - row.after_call_work;
  row.in_queue = row.ready > 0 ? 0 : cluster.below(6);
  row.entered += static_cast<std::uint64_t>(cluster.below(3));
  row.answered = row.entered * 95 / 100;
  row.abandoned = row.entered - row.answered;
  row.handling_time_s = 180 + cluster.below(60);
  row.waiting_time_s = cluster.below(20);
  row.age_s = cluster.random.uniform();
  return row;
}

TargetPace next_pace(FakeCluster& cluster, const TargetStat& stat, TargetPace row) {
  row.logged_in = stat.logged_in;
  row.ready = stat.ready;
  row.busy = stat.busy;
  row.after_call_work = stat.after_call_work;
  row.in_queue = stat.in_queue;
  row.max_pending = std::max(0, stat.ready * 3 - stat.in_queue);
  row.pending = std::min(row.max_pending + 2, cluster.below(12));
  row.proactive = std::max(0, row.max_pending - row.pending);
  row.state = stat.quality == StatQuality::good ? PaceState::ok : PaceState::stale;
  row.reason = stat.quality != StatQuality::good ? PaceReason::stale_statistics
               : row.proactive > 0               ? PaceReason::granted
               : stat.ready == 0                 ? PaceReason::no_idle_expected
                                                 : PaceReason::pending_enough;
  if (row.reason == PaceReason::stale_statistics) row.proactive = row.max_pending = 0;
  if (row.goal == 0) row.abandonment = 0.01 + 0.018 * cluster.random.uniform();
  row.acceptance = 0.28 + 0.05 * cluster.random.uniform();
  row.abandonment =
      std::clamp(row.abandonment + 0.004 * (cluster.random.uniform() - 0.49), 0.0, 0.08);
  row.busy_factor = static_cast<double>(stat.busy) / std::max(1, stat.logged_in);
  row.predicted_wait_s = stat.in_queue * 4.5;
  row.reactive_state = std::min(1.0, 0.4 + 0.1 * stat.ready);
  row.goal = 3;
  return row;
}

Explanation explain(const std::string& id, const TargetPace& row) {
  Explanation out{.target = id,
                  .reason = row.reason,
                  .sentence = std::to_string(row.proactive) + " invitations may go out: at most " +
                              std::to_string(row.max_pending) + " may be outstanding and " +
                              std::to_string(row.pending) + " are.",
                  .steps = {}};
  const auto step = [&](ExplanationName name, double value, const char* note = "") {
    const ExplanationField& field = name.field();
    out.steps.push_back({std::string{field.name}, value, std::string{field.unit},
                         std::string{field.section}, note});
  };
  step("quality", static_cast<double>(StatQuality::good), to_string(StatQuality::good));
  step("stat_age_s", 0.2);
  step("logged_in", row.logged_in);
  step("idle", row.ready);
  step("busy", row.busy);
  step("wrap_up", row.after_call_work);
  step("queue", row.in_queue);
  step("feedback_age_s", -1, "the endpoint has told nothing yet");
  step("optimization_goal", row.goal);
  step("refresh_period_s", 1);
  step("acceptance", row.acceptance);
  step("answer_delay_s", 10.3);
  step("service_s", 212);
  step("proactive_abandonment", row.abandonment);
  step("busy_factor", row.busy_factor);
  step("slots", row.logged_in);
  step("expected_free", row.busy * 0.054);
  step("aggressiveness", -0.41);
  step("risk_allowed", 0.03);
  step("risk_at_m", 0.0287);
  step("pending", row.pending);
  step("state", static_cast<double>(row.state), to_string(row.state));
  step("max_pending", row.max_pending);
  step("invitations", row.proactive);
  step("reactive_state", row.reactive_state);
  step("predicted_wait_s", row.predicted_wait_s);
  return out;
}

// One node's statfeed and pacers.
struct NodeFeed {
  NodeFeed(FakeCluster& cluster_, const Node& node) : cluster{cluster_} {
    statfeed = std::make_unique<Sender>(cluster, Address{node.name, "statfeed", 0});
    const int shards = cluster.topology.pacers;
    const auto keyframe = cluster.topology.channel("pace")->keyframe;
    for (int shard = 0; shard < shards; ++shard) {
      const auto ids = shard_ids(cluster.targets, shard, shards);
      ids_of.push_back(ids);
      pacers.push_back(std::make_unique<Sender>(cluster, Address{node.name, "pacer", shard}));
      stat.push_back(std::make_unique<StateWriter<TargetStat>>(
          statfeed->world, "stat",
          StateWriter<TargetStat>::Options{.ids = ids, .keyframe = keyframe, .shard = shard}));
      pace.push_back(std::make_unique<StateWriter<TargetPace>>(
          pacers.back()->world, "pace",
          StateWriter<TargetPace>::Options{.ids = ids, .keyframe = keyframe, .shard = -1}));
      auto* written = pace.back().get();
      statfeed->control.keyframe("stat", shard,
                                 [out = stat.back().get()] { return out->keyframe(); });
      pacers.back()->control.keyframe("pace", -1, [written] { return written->keyframe(); });
      pacers.back()->control.question(
          Question::explain, [ids, written](const auto& words) -> Result<Bytes> {
            const auto found = words.empty() ? ids.end() : std::ranges::find(ids, words[0]);
            if (found == ids.end()) return fail(Errc::not_found, "no such target here");
            const auto index = static_cast<std::uint32_t>(found - ids.begin());
            return encode(explain(words[0], written->row(index)));
          });
    }
  }

  void refresh() {
    if (!cluster.hold) ++cycle;
    for (std::size_t shard = 0; shard < stat.size(); ++shard) {
      const auto started = cluster.clock.now();
      for (std::uint32_t i = 0; i < stat[shard]->size(); ++i) {
        const bool marked = cluster.mark && cluster.targets.all[0].id == ids_of[shard][i];
        if (cluster.hold || (cycle > 1 && !marked && cluster.below(3) != 0)) continue;
        auto now = next_stat(cluster, stat[shard]->row(i));
        if (marked) now.in_queue = 1000 + static_cast<std::int32_t>(cycle);
        stat[shard]->set(i, now);
        pace[shard]->set(i, next_pace(cluster, now, pace[shard]->row(i)));
      }
      stat[shard]->publish(
          {.in_use = "primary",
           .primary_up = true,
           .backup_up = true,
           .switches = 0,
           .targets_visible = static_cast<std::uint32_t>(cluster.targets.all.size()),
           .targets_unseen = 0,
           .updates_per_second = 41.5});
      pace[shard]->publish({.cycle = cycle,
                            .decided = static_cast<std::uint32_t>(pace[shard]->size()),
                            .decide_us = to_seconds(cluster.clock.now() - started) * 1e6,
                            .stat_age_s = 0.2,
                            .feedback_age_s = 0.9});
    }
  }

  FakeCluster& cluster;
  std::unique_ptr<Sender> statfeed;
  std::vector<std::unique_ptr<Sender>> pacers;
  std::vector<std::unique_ptr<StateWriter<TargetStat>>> stat;
  std::vector<std::unique_ptr<StateWriter<TargetPace>>> pace;
  std::vector<std::vector<std::string>> ids_of;  // By shard.
  std::uint64_t cycle = 0;
};

// One node's elector and publisher.
struct NodeSenders {
  NodeSenders(FakeCluster& cluster_, std::size_t index_)
      : cluster{cluster_}, index{index_}, node{cluster_.topology.nodes[index_]} {
    elector = std::make_unique<Sender>(cluster, Address{node.name, "elector", 0});
    if (node.witness()) return;
    publisher = std::make_unique<Sender>(cluster, Address{node.name, "publisher", 0});
    feedback = std::make_unique<StateWriter<TargetFeedback>>(
        publisher->world, "feedback",
        StateWriter<TargetFeedback>::Options{
            .ids = cluster.targets.ids(), .keyframe = 10s, .shard = -1});
    publisher->control.keyframe("feedback", -1, [this] { return feedback->keyframe(); });
  }

  bool is_master() const { return cluster.master == index; }

  void beat() {
    ++sequence;
    ElectionMessage message{
        .cluster = cluster.topology.cluster,
        .node = node.name,
        .incarnation = elector->world.incarnation,
        .sequence = sequence,
        .kind = is_master() ? ElectionMessageKind::heartbeat : ElectionMessageKind::presence,
        .term = cluster.term(),
        .to = "",
        .target = "",
        .why = is_master() ? "elected by 2 of 3, priority 100" : "",
        .role = is_master()      ? ElectorRole::master
                : node.witness() ? ElectorRole::observer
                                 : ElectorRole::follower,
        .priority = node.priority,
        .master = cluster.topology.nodes[cluster.master].name,
        .master_since_ms = static_cast<std::uint64_t>(cluster.master_since_ms),
        .seen = {}};
    for (const auto& other : cluster.topology.nodes)
      if (other.name != node.name) message.seen.push_back({other.name, 40 + cluster.below(160)});
    elector->bus.publish("heartbeat", encode(message));
    if (node.witness()) return;
    const Instant expires = cluster.clock.now() + 2s;
    elector->bus.publish("grant", encode(Grant{.node = node.name,
                                               .incarnation = elector->world.incarnation,
                                               .sequence = sequence,
                                               .term = is_master() ? cluster.term() : 0,
                                               .expires_ns = expires.time_since_epoch().count(),
                                               .boot = "fake",
                                               .why = ""}));
    PublicationReport report{
        .node = node.name,
        .incarnation = publisher->world.incarnation,
        .report = sequence,
        .pid = 4711,
        .open = is_master(),
        .term = cluster.term(),
        .sequence = cycles,
        .outcome = cycles ? PublicationOutcome::accepted : PublicationOutcome::none,
        .status = cycles ? 200 : 0,
        .detail = "",
        .round_trip_ms = 18 + 9 * cluster.random.uniform(),
        .period_ms = 200,
        .targets = cluster.targets.all.size(),
        .body_bytes = cluster.targets.all.size() * 180,
        .sent_bytes = cluster.targets.all.size() * 22,
        .cycles = cycles,
        .since_accepted_s = cycles ? 0.1 : -1,
        .pace_age_s = 0.1,
        .endpoint_reachable = true,
        .endpoint_tried = true,
        .prompts = cycles / 2,
        .requests = cycles * 3 / 2,
        .wire_bytes = cycles * 3 / 2 * (900 + cluster.targets.all.size() * 30),
        .token_usable = true,
        .targets_version = "fake",
        .stat_age_s = 0.2,
        .paced_targets = cluster.targets.all.size()};
    publisher->bus.publish("publication", encode(report));
  }

  void answer() {
    if (node.witness() || !is_master()) return;
    ++cycles;
    for (std::uint32_t i = 0; i < feedback->size(); ++i) {
      if (cluster.below(4) != 0) continue;
      auto row = feedback->row(i);
      row.sent +=
          static_cast<std::uint64_t>(row.sent == 0 ? 100 + cluster.below(900) : cluster.below(4));
      row.accepted = row.sent * 3 / 10;
      row.rejected = row.sent / 2;
      row.answered = row.accepted * 97 / 100;
      row.abandoned = row.accepted - row.answered;
      row.pending = static_cast<std::int32_t>(row.sent - row.accepted - row.rejected) / 20;
      feedback->set(i, row);
    }
    feedback->publish({.epoch = "fake", .term = cluster.term(), .sequence = cycles});
  }

  FakeCluster& cluster;
  std::size_t index;
  const Node& node;
  std::unique_ptr<Sender> elector;
  std::unique_ptr<Sender> publisher;
  std::unique_ptr<StateWriter<TargetFeedback>> feedback;
  std::uint64_t sequence = 0;
  std::uint64_t cycles = 0;
};

int run(const char* file, int failover_s, std::string_view only) {
  FakeCluster cluster;
  const auto text = read_file(file);
  auto topology = text ? parse_topology(*text, file) : tl::unexpected{text.error()};
  if (!topology) return std::fprintf(stderr, "%s\n", topology.error().detail.c_str()), 1;
  cluster.topology = *std::move(topology);
  auto targets = load_targets(cluster.topology);
  if (!targets) return std::fprintf(stderr, "%s\n", targets.error().detail.c_str()), 1;
  cluster.targets = *std::move(targets);
  cluster.master_since_ms = cluster.wall_ms();

  std::vector<std::unique_ptr<NodeFeed>> feeds;
  std::vector<std::unique_ptr<NodeSenders>> nodes;
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < cluster.topology.nodes.size(); ++i) {
    const auto& node = cluster.topology.nodes[i];
    nodes.push_back(std::make_unique<NodeSenders>(cluster, i));
    if (node.witness()) continue;
    candidates.push_back(i);
    if (only.empty() || only == node.name)
      feeds.push_back(std::make_unique<NodeFeed>(cluster, node));
  }
  const auto period = from_seconds(2 / cluster.topology.time_scale);
  cluster.loop.every(200ms, [&] {
    for (auto& node : nodes) node->beat();
  });
  cluster.loop.every(period, [&] {
    for (auto& feed : feeds) feed->refresh();
    for (auto& node : nodes) node->answer();
  });
  const auto fail_over = [&] {
    ++cluster.term_counter;
    cluster.master = candidates[(cluster.term_counter - 1) % candidates.size()];
    cluster.master_since_ms = cluster.wall_ms();
  };
  if (failover_s > 0) cluster.loop.every(std::chrono::seconds{failover_s}, fail_over);
  fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
  std::string heard;
  cluster.loop.every(20ms, [&] {
    char bytes[256];
    for (ssize_t got; (got = read(STDIN_FILENO, bytes, sizeof bytes)) > 0;)
      heard.append(bytes, static_cast<std::size_t>(got));
    for (std::size_t end; (end = heard.find('\n')) != std::string::npos; heard.erase(0, end + 1)) {
      const auto word = heard.substr(0, end);
      if (word == "failover") fail_over();
      if (word == "hold" || word == "go") cluster.hold = word == "hold";
      if (word == "mark") cluster.mark = true;
    }
  });
  cluster.loop.run();
  return 0;
}

}  // namespace
}  // namespace paceline::test

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: %s TOPOLOGY.toml [SECONDS]\n", argv[0]), 64;
  return paceline::test::run(argv[1], argc > 2 ? std::atoi(argv[2]) : 0, argc > 3 ? argv[3] : "");
}
