// The world by the wall clock: how fast it runs, and that a scenario's faults come at their times.
#include "services/simulator/service.h"

#include "tests/simulator/small_centres.h"
#include "tests/support/catch.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
using namespace simulator;

TEST_CASE("the centre runs as many times faster than the wall clock as asked", "[simulator]") {
  const double scale = GENERATE(0.5, 1, 60);
  SimWorld sim{1};
  World& process = sim.process({"a", "simulator", 0});
  Centre centre{centre_with(plain_kind(5)), 1};
  SimulatedWorld world{centre, process.clock, process.log, {.time_scale = scale, .faults = {}}};

  sim.run_for(10s);
  world.advance();

  CHECK(to_seconds(centre.now()) == Approx(10 * scale));
}

TEST_CASE("faults of a scenario come at their times by the centre's clock", "[simulator]") {
  SimWorld sim{1};
  World& process = sim.process({"a", "simulator", 0});
  Centre centre{centre_with(plain_kind(10)), 1};
  SimulatedWorld world{
      centre,
      process.clock,
      process.log,
      {.time_scale = 60,
       .faults = {{.at = 10min, .settings = {{"statserver_primary", "down"}, {"endpoint", "429"}}},
                  {.at = 20min, .settings = {{"staffing", "0.5"}}},
                  {.at = 20min, .settings = {{"statserver_primary", "up"}}}}}};
  int told = 0;
  world.on_faults([&](const Faults&) { ++told; });
  const auto after = [&](Duration wall) {
    sim.run_for(wall);
    world.advance();
    return world.faults();
  };

  CHECK(after(9900ms) == Faults{});
  CHECK(after(200ms).primary.state == ServerFault::down);
  CHECK(world.faults().endpoint == EndpointFault::too_many);
  CHECK(told == 2);
  CHECK(sim.count("fault_set") == 2);
  CHECK(after(20s).primary.state == ServerFault::up);
  CHECK(world.faults().endpoint == EndpointFault::too_many);  // Until it is set back.
  CHECK(centre.latest_counts(0).logged_in == 5);
  CHECK(told == 4);
}

TEST_CASE("a fault that comes due late happened at its own time", "[simulator]") {
  SimWorld sim{1};
  World& process = sim.process({"a", "simulator", 0});
  Centre centre{centre_with(plain_kind(10)), 1};
  SimulatedWorld world{centre,
                       process.clock,
                       process.log,
                       {.faults = {{.at = 1min, .settings = {{"staffing", "0.5"}}}}}};

  sim.run_for(10min);  // Nobody asked meanwhile.
  world.advance();

  CHECK(centre.counts(0).logged_in_s == Approx(60 * 10 + 540 * 5));
}

TEST_CASE("a fault that is none is refused in the log, the others go on", "[simulator]") {
  SimWorld sim{1};
  World& process = sim.process({"a", "simulator", 0});
  Centre centre{centre_with(plain_kind(10)), 1};
  SimulatedWorld world{
      centre,
      process.clock,
      process.log,
      {.faults = {{.at = 1s, .settings = {{"coffee", "out"}, {"endpoint", "hang"}}}}}};

  sim.run_for(2s);
  world.advance();

  CHECK(sim.count("fault_refused") == 1);
  CHECK(world.faults().endpoint == EndpointFault::hang);
}

TEST_CASE("a tick is a fifth of the centre's second, between 10 and 200 ms of the wall",
          "[simulator]") {
  const auto [scale, tick] = GENERATE(
      table<double, Duration>({{0.001, 200ms}, {1, 200ms}, {4, 50ms}, {20, 10ms}, {1000, 10ms}}));
  SimWorld sim{1};
  World& process = sim.process({"a", "simulator", 0});
  Centre centre{centre_with(plain_kind(1)), 1};

  CHECK(SimulatedWorld{centre, process.clock, process.log, {.time_scale = scale, .faults = {}}}
            .tick() == tick);
}

}  // namespace paceline::test
