// statfeed with a Stat Server pair on virtual time.
#include "tests/statfeed/site.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace statfeed;

TEST_CASE("statfeed hears of every target, and of a change within 200 ms", "[statfeed][scenario]") {
  Site site{1};
  site.start();
  site.sim.run_for(2s);
  REQUIRE(site.row("t2").quality == StatQuality::good);
  CHECK(site.statfeed->failover().in_use() == 0);
  CHECK(site.row("t2").logged_in == 0);
  CHECK(site.row("t2").busy == 2);
  CHECK(site.row("t2").entered == 0);
  CHECK(site.row("t2").handling_time_s == 9);

  site.primary.set("g2", "BusyAgents", 17);
  site.interaction(2);
  site.sim.run_for(200ms);

  CHECK(site.row("t2").busy == 17);
  CHECK(site.row("t2").entered == 1);
  CHECK(site.row("t2").age_s == 0);
}

TEST_CASE("a killed primary is replaced by the backup without a jump or a fall",
          "[statfeed][scenario]") {
  const auto seed = GENERATE(range(0u, 200u));
  CAPTURE(seed);
  Site site{seed};
  site.start();
  site.sim.run_for(2s);
  std::uint64_t sent = 0;
  const auto run = [&](int steps) {
    for (int i = 0; i < steps; ++i) {
      if (site.sim.random().uniform() < 0.5) {
        site.interaction(1, site.primary.up);
        ++sent;
      }
      const auto before = site.row("t1");
      site.sim.run_for(100ms);
      const auto after = site.row("t1");
      REQUIRE(after.entered >= before.entered);
      REQUIRE(after.entered <= sent);
      REQUIRE(after.answered <= after.entered);
      REQUIRE(after.quality != StatQuality::not_visible);
      REQUIRE(after.quality != StatQuality::stale);
    }
  };
  run(20);

  site.primary.up = false;
  run(100);
  const bool restarted = site.sim.random().uniform() < 0.5;
  site.primary.up = true;
  if (restarted) site.primary.restart();
  run(100);

  CHECK(site.statfeed->failover().in_use() == 1);
  CHECK(site.statfeed->failover().switches() == 1);
  site.sim.run_for(1s);
  CHECK(site.row("t1").entered + 1 >= sent);  // What happened in the seconds of doubt was not lost.
  CHECK(site.row("t1").quality == StatQuality::good);
  CHECK(site.sim.count("source_switched") == 2);  // The first choice, and the switch.
}

TEST_CASE("the grace period marks what is provisional", "[statfeed][scenario]") {
  Site site{2};
  site.start();
  site.sim.run_for(2s);

  site.primary.silent = true;
  site.sim.run_for(7s);

  CHECK(site.statfeed->failover().in_use() == 1);
  CHECK(site.row("t0").quality == StatQuality::provisional);
  site.sim.run_for(12s);
  CHECK(site.row("t0").quality == StatQuality::good);
}

TEST_CASE("with both servers dead the numbers age, become stale and recover",
          "[statfeed][scenario]") {
  Site site{3};
  site.start();
  site.sim.run_for(2s);

  site.primary.up = site.backup.up = false;
  site.sim.run_for(8s);
  CHECK(site.row("t0").age_s >= 6);
  site.sim.run_for(4s);
  CHECK(site.row("t0").quality == StatQuality::stale);

  site.primary.restart();
  site.primary.up = true;
  site.sim.run_for(30s);
  CHECK(site.row("t0").quality == StatQuality::good);
  CHECK(site.row("t0").age_s == 0);
}

TEST_CASE("an unknown target is not visible and recovers by itself", "[statfeed][scenario]") {
  Site site{4};
  site.primary.forget("q3");
  site.backup.forget("q3");
  site.start();
  site.sim.run_for(5s);
  CHECK(site.row("t3").quality == StatQuality::not_visible);
  CHECK(site.row("t2").quality == StatQuality::good);
  CHECK(site.sim.count("targets_not_visible") == 1);

  site.know(site.primary, 3);
  site.sim.run_for(20s);

  CHECK(site.row("t3").quality == StatQuality::good);
}

TEST_CASE("where push is refused the numbers come by polls", "[statfeed][scenario]") {
  Site site{5};
  site.primary.push = site.backup.push = false;
  site.start();
  site.sim.run_for(3s);
  REQUIRE(site.row("t0").quality == StatQuality::good);

  site.primary.set("g0", "BusyAgents", 5);
  site.sim.run_for(2500ms);

  CHECK(site.row("t0").busy == 5);
}

TEST_CASE("a server that calls itself unavailable is left", "[statfeed][scenario]") {
  Site site{6};
  site.start();
  site.sim.run_for(2s);
  site.primary.tell_state("Unavailable");
  site.sim.run_for(1s);
  CHECK(site.statfeed->failover().in_use() == 1);
}

TEST_CASE("a reload adds, removes and changes targets and touches nothing else",
          "[statfeed][scenario]") {
  Site site{7};
  site.start();
  site.sim.run_for(2s);
  for (int i = 0; i < 5; ++i) site.interaction(0);
  site.sim.run_for(1s);
  REQUIRE(site.row("t0").entered == 5);

  auto targets = site.config.targets;
  targets.all.erase(targets.all.begin() + 1);
  Target added = targets.all.front();
  added.id = "t9";
  targets.all.insert(targets.all.begin(), added);
  site.config.targets = targets;
  CHECK(site.statfeed->take_targets(targets) == "4 targets: 1 added, 1 removed, 0 changed");
  site.sim.run_for(1s);

  CHECK(site.row("t0").entered == 5);
  CHECK(site.row("t9").quality == StatQuality::good);
  CHECK(site.row("t3").quality == StatQuality::good);
}

TEST_CASE("trouble at the server never stops statfeed", "[statfeed][scenario]") {
  const auto seed = GENERATE(range(0u, 200u));
  CAPTURE(seed);
  Site site{seed};
  site.start();
  const auto chance = [&](double share) { return site.sim.random().uniform() < share; };
  for (int i = 0; i < 20; ++i) {
    for (auto* server : {&site.primary, &site.backup}) {
      server->up = !chance(0.2);
      server->silent = chance(0.2);
      server->valid = !chance(0.1);
      server->push = !chance(0.1);
      constexpr std::array<int, 5> statuses{401, 403, 429, 500, 503};
      server->status = chance(0.2) ? statuses[site.sim.random().bits() % statuses.size()] : 0;
      if (chance(0.2)) server->restart();
    }
    site.sim.run_for(2s);
  }
  const auto entered = site.row("t0").entered;

  for (auto* server : {&site.primary, &site.backup}) {
    server->up = server->valid = server->push = true;
    server->silent = false;
    server->status = 0;
  }
  site.sim.run_for(60s);

  CHECK(site.row("t0").quality == StatQuality::good);
  CHECK(site.row("t0").entered >= entered);
  CHECK(site.primary.requests() < 1500);
}

}  // namespace paceline::test
