// statfeed is stopped for a while and goes on (SIGSTOP, SIGCONT, a machine that stalls), while the centre and its
// Stat Servers do not stop, and push late.
#include <algorithm>
#include <cmath>
#include <deque>

#include "tests/simulator/small_centres.h"
#include "tests/statfeed/sim_pair.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

constexpr std::uint32_t stopped_targets = 4;

CentreModel busy_plan() {
  auto kind = plain_kind(60);
  kind.arrivals_per_hour = all_day(1100);
  kind.patience = {Shape::exponential, 60, 1};
  return centre_with(kind, stopped_targets);
}

std::uint64_t entered_truly(const TargetCounts& counts) {
  return counts.reactive.entered + counts.proactive.entered;
}

// Beside the centre's truth of the last seconds, since what is pushed late was true then.
struct Stopped {
  explicit Stopped(std::uint64_t seed)
      : sim{seed}, centre{busy_plan(), seed}, listener{sim, "a", centre} {
    listener.pair.push_delay = 500ms;
    run(1min);  // Nobody had entered when statfeed began, so its totals are the centre's.
  }

  void run(Duration length) {
    for (; length > 0s; length -= 50ms) {
      sim.run_for(50ms);
      std::array<TargetCounts, stopped_targets> now;
      for (std::uint32_t target = 0; target < stopped_targets; ++target)
        now[target] = centre.latest_counts(target);
      truth.push_back(now);
      if (truth.size() > 60) truth.pop_front();
    }
  }
  void stop(Duration length) {
    sim.pause_process(listener.world.self);
    run(length);
    sim.resume_process(listener.world.self);
  }
  bool agents_are_true(std::uint32_t target) const {
    const auto row = listener.row(target);
    const auto was = [&](std::int32_t told, auto figure) {
      return std::ranges::any_of(truth,
                                 [&](const auto& then) { return told == figure(then[target]); });
    };
    return was(row.ready, [](const TargetCounts& counts) { return counts.agents.ready; }) &&
           was(row.busy, [](const TargetCounts& counts) { return counts.agents.busy; }) &&
           was(row.in_queue, [](const TargetCounts& counts) {
             return counts.reactive.queued + counts.proactive.queued;
           });
  }
  // Above zero: counted twice; below: lost.
  std::int64_t entered_too_many(std::uint32_t target) const {
    const auto row = static_cast<std::int64_t>(listener.row(target).entered);
    const auto least = static_cast<std::int64_t>(entered_truly(truth.front()[target]));
    const auto most = static_cast<std::int64_t>(entered_truly(truth.back()[target]));
    return row > most ? row - most : std::min<std::int64_t>(row - least, 0);
  }

  SimWorld sim;
  Centre centre;
  PairedStatfeed listener;
  std::deque<std::array<TargetCounts, stopped_targets>> truth;
};

}  // namespace

TEST_CASE("after stops of statfeed, with pushes that come late, every number is true again",
          "[statfeed][scenario]") {
  const auto seed = GENERATE(range(1u, 11u));
  CAPTURE(seed);
  Stopped stopped{seed};
  for (int round = 0; round < 6; ++round) {
    const auto entered = entered_truly(stopped.centre.latest_counts(0));
    // From the 12 s to more than a session lives without its client.
    const Duration length = from_seconds(12 + 18 * round);
    stopped.stop(length);
    CAPTURE(round, entered_truly(stopped.centre.latest_counts(0)) - entered);
    stopped.run(30s);
    for (int look = 0; look < 100; ++look) {
      stopped.run(200ms);
      for (std::uint32_t target = 0; target < stopped_targets; ++target) {
        CAPTURE(look, target);
        REQUIRE(stopped.agents_are_true(target));
        REQUIRE(std::abs(stopped.entered_too_many(target)) <= 1);
      }
    }
  }
  CHECK(stopped.sim.count("primary_push_contradicted") == 0);
}

TEST_CASE("what entered during a stop counts once, whatever the servers have forgotten meanwhile",
          "[statfeed][scenario]") {
  const auto seed = GENERATE(range(1u, 31u));
  CAPTURE(seed);
  Stopped stopped{seed};
  auto& random = stopped.sim.random();
  std::uint64_t entered = 0;
  for (int round = 0; round < 6; ++round) {
    const auto before = entered_truly(stopped.centre.latest_counts(0));
    for (int side = 0; side < 2; ++side)
      if (random.uniform() < 0.5) stopped.listener.pair.forget(side);
    stopped.stop(from_seconds(20 + 60 * random.uniform()));
    entered += entered_truly(stopped.centre.latest_counts(0)) - before;
    auto& side = stopped.listener.pair.sides[random.bits() % 2];
    stopped.run(from_seconds(std::floor(3 * random.uniform())));
    side.up = random.uniform() < 0.5;
    stopped.run(15s);
    side.up = true;
    stopped.run(45s);
    for (std::uint32_t target = 0; target < stopped_targets; ++target) {
      CAPTURE(round, target, entered, stopped.listener.statfeed->failover().switches());
      REQUIRE(std::abs(stopped.entered_too_many(target)) <= 1);
    }
  }
  CHECK(entered > 30);
}

}  // namespace paceline::test
