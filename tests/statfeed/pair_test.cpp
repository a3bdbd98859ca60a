// statfeed on the simulator's Stat Server pair: what a switch does to the pacing, on virtual time.
#include <algorithm>
#include <cmath>
#include <optional>

#include "services/pacer/pacing.h"
#include "services/statfeed/adapter_statistics.h"
#include "services/statfeed/service.h"
#include "tests/simulator/plans.h"
#include "tests/statfeed/sim_pair.h"
#include "tests/support/catch.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
namespace {

constexpr int targets = 4;
constexpr Duration refresh = 2s;

CentrePlan plan() {
  auto kind = plain_kind(20);
  kind.arrivals_per_hour = all_day(200);
  kind.wrap_up = {Law::exponential, 20, 1};
  kind.patience = {Law::exponential, 60, 1};
  kind.acceptance = 0.4;
  return plan_with(kind, targets);
}

// A statfeed with a pair of its own, and a pacing of each target by what it says.
struct Listener {
  Listener(SimWorld& sim, const std::string& node, Centre& centre)
      : world{sim.process({node, "statfeed", 0})}, pair{sim, world, centre} {
    config.servers = {"http://primary/statistics/v3", "http://backup/statistics/v3"};
    for (const auto& planned : centre.plan().targets) {
      Target target;
      target.id = planned.id;
      target.group = planned.group;
      target.queue = planned.queue;
      config.targets.all.push_back(target);
    }
    statfeed.emplace(config, world);
    for (std::size_t i = 0; i < 2; ++i) {
      adapters[i].emplace(
          StatisticsAdapter::Options{config.servers[i], config.access, config.session},
          static_cast<int>(i), *statfeed, statfeed->roster(), statfeed->mapping(), world, pair);
      statfeed->attach(static_cast<int>(i), *adapters[i]);
      adapters[i]->start();
    }
  }

  TargetStat row(std::uint32_t target) const { return statfeed->writer(0).row(target); }

  World& world;
  StatfeedConfig config;
  SimPair pair;
  std::optional<Statfeed> statfeed;
  std::array<std::optional<StatisticsAdapter>, 2> adapters;
  std::array<TargetPacing, targets> pacing;
};

Decision decide(TargetPacing& pacing, const TargetStat& stat, const TargetCounts& fate,
                double uniform, double now_s) {
  PacingInputs in;
  in.quality = stat.quality;
  in.stat_age_s = stat.age_s;
  in.logged_in = stat.logged_in;
  in.idle = stat.ready;
  in.busy = stat.busy;
  in.wrap_up = stat.after_call_work;
  in.queue = stat.in_queue;
  in.entered = stat.entered;
  in.answered = stat.answered;
  in.abandoned = stat.abandoned;
  in.handling_time_s = stat.handling_time_s;
  in.proactive.sent = fate.sent;
  in.proactive.accepted = fate.accepted;
  in.proactive.rejected = fate.rejected;
  in.proactive.timed_out = fate.timed_out;
  in.proactive.pending = fate.pending;
  PacingOptions options;
  options.refresh_period = refresh;
  return pacing.decide(in, options, {}, uniform, now_s);
}

int apart(const TargetStat& a, const TargetStat& b) {
  return std::abs(a.ready - b.ready) + std::abs(a.busy - b.busy) +
         std::abs(a.after_call_work - b.after_call_work) + std::abs(a.in_queue - b.in_queue);
}

}  // namespace

// The same centre is heard twice: through a pair that never fails, and through one whose primary
// dies and returns with counters at zero, and whose backup began to count an hour later than it.
// Each decision is taken twice from the same learned state, so that what differs is what was heard.
TEST_CASE("no pacing jumps at a switch by more than the statistics differ",
          "[statfeed][scenario]") {
  const auto seed = GENERATE(range(1u, 9u));
  const auto lag = GENERATE(0s, 4s);
  CAPTURE(seed, lag.count());
  SimWorld sim{seed};
  Centre centre{plan(), seed};
  centre.advance(1h);
  sim.run_for(1h);
  Listener calm{sim, "calm", centre};
  Listener tried{sim, "tried", centre};
  for (auto* listener : {&calm, &tried}) listener->pair.restart(1);  // Its counters begin here.
  tried.pair.sides[1].server->set_lag(lag);
  SimRandom random{seed};
  std::array<std::int64_t, targets> entered{};  // What `tried` counted more, by then.
  std::array<std::int64_t, targets> answered{};
  std::array<std::int64_t, targets> abandoned{};
  const auto more = [&](std::uint32_t target, std::uint64_t TargetStat::*total) {
    return static_cast<std::int64_t>(tried.row(target).*total) -
           static_cast<std::int64_t>(calm.row(target).*total);
  };
  const auto note = [&](std::uint32_t target) {  // Both began to count at instants of their own.
    entered[target] = more(target, &TargetStat::entered);
    answered[target] = more(target, &TargetStat::answered);
    abandoned[target] = more(target, &TargetStat::abandoned);
  };
  int provisional = 0;
  const auto run = [&](int decisions, bool judged) {
    for (int i = 0; i < decisions; ++i) {
      sim.run_for(refresh);
      const double now_s = to_seconds(sim.elapsed());
      for (std::uint32_t target = 0; target < targets; ++target) {
        const double uniform = random.uniform();
        const auto fate = centre.counts(target);
        const auto truth = calm.row(target);
        auto told = tried.row(target);
        told.entered -= static_cast<std::uint64_t>(entered[target]);
        told.answered -= static_cast<std::uint64_t>(answered[target]);
        told.abandoned -= static_cast<std::uint64_t>(abandoned[target]);
        auto copy = calm.pacing[target];
        const auto decided = decide(copy, told, fate, uniform, now_s);
        const auto steady = decide(calm.pacing[target], truth, fate, uniform, now_s);
        centre.offer(target, {.allowance = steady.invitations,
                              .max_pending = steady.max_pending,
                              .until = centre.now() + 10s});
        if (!judged) continue;
        CAPTURE(i, target, steady.m, decided.m, apart(truth, told));
        REQUIRE(told.quality != StatQuality::not_visible);
        REQUIRE(told.quality != StatQuality::stale);
        // What a lag or the moment of a switch hides comes later, and a lag's worth may count
        // twice.
        const auto hidden = 3 + 2 * lag.count();
        REQUIRE(std::abs(more(target, &TargetStat::entered) - entered[target]) <= hidden);
        REQUIRE(std::abs(more(target, &TargetStat::answered) - answered[target]) <= hidden);
        REQUIRE(std::abs(more(target, &TargetStat::abandoned) - abandoned[target]) <= hidden);
        REQUIRE(decided.m <= steady.m + 2 + 2 * apart(truth, told));
        if (told.quality == StatQuality::provisional) ++provisional;
      }
    }
  };
  run(300, false);  // Ten minutes, in which the pacing learns.
  REQUIRE(tried.statfeed->failover().in_use() == 0);
  for (std::uint32_t target = 0; target < targets; ++target) note(target);
  run(30, true);

  tried.pair.sides[0].up = false;
  run(60, true);
  CHECK(tried.statfeed->failover().in_use() == 1);
  CHECK(provisional > 0);
  tried.pair.sides[0].up = true;
  tried.pair.restart(0);
  run(60, true);
  tried.pair.restart(1);  // The one in use restarts: recognised, bridged, or left for the other.
  run(60, true);

  CHECK(calm.statfeed->failover().switches() == 0);
  CHECK(tried.statfeed->failover().switches() >= 1);
}

TEST_CASE("a counter that restarts marks its target provisional for the grace period",
          "[statfeed][scenario]") {
  SimWorld sim{1};
  Centre centre{plan(), 1};
  Listener listener{sim, "a", centre};
  sim.run_for(10min);
  REQUIRE(listener.row(0).quality == StatQuality::good);
  const auto before = listener.row(0).entered;

  listener.pair.sides[0].server->reset_counters();
  REQUIRE(sim.run_until([&] { return listener.row(0).quality == StatQuality::provisional; }, 5s));

  CHECK(listener.row(0).entered >= before);
  CHECK(listener.row(0).entered <= before + 3);
  CHECK(listener.statfeed->failover().switches() == 0);
  sim.run_for(15s);
  CHECK(listener.row(0).quality == StatQuality::good);
}

TEST_CASE("disorder and doubles of pushed values change nothing", "[statfeed][scenario]") {
  SimWorld sim{2};
  Centre centre{plan(), 2};
  Listener calm{sim, "calm", centre};
  Listener tried{sim, "tried", centre};
  tried.pair.sides[0].server->set_disorder(0.5);

  for (int i = 0; i < 300; ++i) {
    sim.run_for(1s);
    // One may be on its way at the one and not at the other; more would add up.
    REQUIRE(calm.row(1).entered <= tried.row(1).entered + 1);
    REQUIRE(tried.row(1).entered <= calm.row(1).entered + 1);
  }

  CHECK(calm.row(1).entered > 5);
}

TEST_CASE("a hidden target is named, paced to nothing, and comes back", "[statfeed][scenario]") {
  SimWorld sim{3};
  Centre centre{plan(), 3};
  Listener listener{sim, "a", centre};
  for (auto& side : listener.pair.sides) side.server->set_hidden("t2");
  sim.run_for(10s);
  REQUIRE(listener.row(2).quality == StatQuality::not_visible);
  const auto decision = decide(listener.pacing[2], listener.row(2), centre.counts(2), 0.5, 10);
  CHECK(decision.reason == PaceReason::not_visible);
  CHECK(decision.max_pending == 0);
  CHECK(listener.row(1).quality == StatQuality::good);
  CHECK(sim.count("targets_not_visible") == 1);
  const auto told = std::ranges::find(sim.log(), "targets_not_visible", &SimEvent::event);
  CHECK(told->line.find("t2 lacks logged_in (unknown)") != std::string::npos);

  for (auto& side : listener.pair.sides) side.server->set_hidden("");
  sim.run_for(20s);

  CHECK(listener.row(2).quality == StatQuality::good);
  CHECK(sim.count("targets_visible") == 1);
}

}  // namespace paceline::test
