// statfeed on the simulator's Stat Server pair: what a switch does to the pacing, on virtual time.
#include <algorithm>
#include <cmath>

#include "services/pacer/pacing.h"
#include "tests/simulator/small_centres.h"
#include "tests/statfeed/sim_pair.h"
#include "tests/support/catch.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
using namespace pacer;
using namespace statfeed;
namespace {

constexpr int targets = 4;
constexpr Duration refresh = 2s;

CentreModel plan() {
  auto kind = plain_kind(20);
  kind.arrivals_per_hour = all_day(200);
  kind.wrap_up = {Shape::exponential, 20, 1};
  kind.patience = {Shape::exponential, 60, 1};
  kind.acceptance = 0.4;
  return centre_with(kind, targets);
}

// With a pacing of each target by what it says.
struct Listener : PairedStatfeed {
  using PairedStatfeed::PairedStatfeed;

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

// All that the pacing reads of a row.
int apart(const TargetStat& a, const TargetStat& b) {
  const auto between = [](std::uint64_t x, std::uint64_t y) {
    return static_cast<int>(std::abs(static_cast<std::int64_t>(x - y)));
  };
  return std::abs(a.ready - b.ready) + std::abs(a.busy - b.busy) +
         std::abs(a.after_call_work - b.after_call_work) + std::abs(a.in_queue - b.in_queue) +
         between(a.entered, b.entered) + between(a.answered, b.answered) +
         between(a.abandoned, b.abandoned);
}

TargetStat with_counters_of(const TargetStat& counted, TargetStat row) {
  row.entered = counted.entered;
  row.answered = counted.answered;
  row.abandoned = counted.abandoned;
  return row;
}

// Each statfeed's totals begin when it does.
struct Offset {
  std::uint64_t entered = 0;  // Modulo 2^64: may be negative.
  std::uint64_t answered = 0;
  std::uint64_t abandoned = 0;

  static Offset between(const TargetStat& a, const TargetStat& b) {
    return {a.entered - b.entered, a.answered - b.answered, a.abandoned - b.abandoned};
  }
  TargetStat without(TargetStat row) const {
    row.entered -= entered;
    row.answered -= answered;
    row.abandoned -= abandoned;
    return row;
  }
};

}  // namespace

TEST_CASE(
    "what agents hold comes under the site's own names, pushed and polled, from either server",
    "[statfeed][scenario]") {
  SimWorld sim{1};
  CentreModel model = plan();
  model.kinds[0].slots = 1;
  model.kinds[0].other_slots = 4;
  Centre centre{model, 1};
  StatfeedConfig config;
  config.session.push = GENERATE(true, false);
  for (const auto& [kind, name] :
       {std::pair{StatisticKind::in_handling, "Current_Interactions_In_Handling"},
        std::pair{StatisticKind::slots, "CurrentInteractionSlots"}}) {
    config.mapping[kind].name = name;
    config.mapping[kind].asked = config.mapping[kind].needed = true;
  }
  config.session.batches.kinds = asked_kinds(config.mapping);
  Listener listener{sim, "a", centre, config};
  const auto told_as_it_is = [&] {
    for (std::uint32_t target = 0; target < targets; ++target) {
      const TargetStat row = listener.row(target);
      const TargetCounts& counts = centre.latest_counts(target);
      CHECK(row.quality == StatQuality::good);
      CHECK(row.logged_in == 20);
      CHECK(row.slots == 50);
      CHECK(counts.busy > 0);
      // A change may be on its way.
      CHECK(std::abs(row.in_handling - counts.busy - counts.wrap_up) <= 1);
      CHECK(std::abs(row.ready - counts.agents.ready) <= 1);
    }
  };

  sim.run_for(10min);
  told_as_it_is();
  listener.pair.sides[0].up = false;
  sim.run_for(10min);
  CHECK(listener.statfeed->failover().in_use() == 1);
  told_as_it_is();
}

// The same centre is heard three times: by one who only ever uses the primary, by one who only ever
// uses the backup, and by one whose primary dies and returns with counters at zero. The backup
// began to count an hour later, and may lag. At every decision the last one is held against the one
// who uses the same server, from that one's learned state, so that what differs is what a switch
// did.
TEST_CASE("no pacing jumps at a switch by more than the statistics differ",
          "[statfeed][scenario]") {
  const auto seed = GENERATE(range(1u, 6u));
  const auto lag = GENERATE(0s, 4s);
  CAPTURE(seed, lag.count());
  SimWorld sim{seed};
  Centre centre{plan(), seed};
  centre.advance(1h);
  sim.run_for(1h);
  Listener steady_primary{sim, "primary", centre};
  Listener steady_backup{sim, "backup", centre};
  Listener tried{sim, "tried", centre};
  for (auto* listener : {&steady_primary, &steady_backup, &tried}) {
    listener->pair.restart(1);  // Its counters begin here.
    listener->pair.sides[1].server->set_lag(lag);
  }
  steady_backup.pair.sides[0].up = false;
  const std::array<Listener*, 2> steady{&steady_primary, &steady_backup};
  SimRandom random{seed};
  std::array<std::array<Offset, targets>, 2> offsets{};
  int provisional = 0;
  double largest = 0;
  const auto run = [&](int decisions, bool judged) {
    for (int i = 0; i < decisions; ++i) {
      sim.run_for(refresh);
      const double now_s = to_seconds(sim.elapsed());
      const auto used = static_cast<std::size_t>(tried.statfeed->failover().in_use().value_or(0));
      for (std::uint32_t target = 0; target < targets; ++target) {
        const double uniform = random.uniform();
        const auto fate = centre.counts(target);
        const auto truth = steady[used]->row(target);
        const auto told = offsets[used][target].without(tried.row(target));
        auto copy = steady[used]->pacing[target];
        const auto decided = decide(copy, told, fate, uniform, now_s);
        // What the present numbers that were told justify, if the counters are right.
        copy = steady[used]->pacing[target];
        const auto justified = decide(copy, with_counters_of(truth, told), fate, uniform, now_s);
        std::array<Decision, 2> decisions_of{};
        for (std::size_t k = 0; k < 2; ++k)
          decisions_of[k] =
              decide(steady[k]->pacing[target], steady[k]->row(target), fate, uniform, now_s);
        centre.offer(target, {.allowance = decisions_of[0].invitations,
                              .max_pending = decisions_of[0].max_pending,
                              .until = centre.now() + 10s});
        if (!judged) continue;
        const auto& expected = decisions_of[used];
        const int differ = apart(truth, told);
        CAPTURE(i, target, used, expected.m, decided.m, differ);
        REQUIRE(told.quality != StatQuality::not_visible);
        REQUIRE(told.quality != StatQuality::stale);
        // A lag's worth may count twice at a switch, and once not at all.
        REQUIRE(differ <= 12 + 2 * lag.count());
        const int counted = apart(with_counters_of(truth, told), told);
        REQUIRE(std::abs(decided.m - justified.m) <= 2 + 2 * counted);
        largest = std::max(largest, std::abs(decided.m - justified.m));
        if (told.quality == StatQuality::provisional) ++provisional;
        if (lag > 0s) continue;
        // Two servers in step: the present numbers differ by what is on its way.
        REQUIRE(decided.m <= expected.m + 2 + 2 * differ);
        if (told.quality != StatQuality::provisional)  // Guarded: it may be less.
          REQUIRE(decided.m >= expected.m - 2 - 2 * differ);
      }
    }
  };
  run(300, false);  // Ten minutes, in which the pacing learns.
  REQUIRE(tried.statfeed->failover().in_use() == 0);
  REQUIRE(steady_backup.statfeed->failover().in_use() == 1);
  for (std::uint32_t target = 0; target < targets; ++target)
    for (std::size_t k = 0; k < 2; ++k)
      offsets[k][target] = Offset::between(tried.row(target), steady[k]->row(target));
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

  CHECK(steady_primary.statfeed->failover().switches() == 0);
  CHECK(tried.statfeed->failover().switches() >= 1);
  CAPTURE(largest);
  CHECK(largest < 20);
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
