#include "tests/support/sim_world.h"

#include "tests/support/catch.h"

namespace paceline::test {

TEST_CASE("the same seed gives the same run", "[support]") {
  const auto run = [] {
    SimWorld sim{42};
    sim.link({.loss = 0.5, .duplicate = 0.3, .delay_min = 1ms, .delay_max = 50ms});
    auto& a = sim.process({"a", "elector", 0});
    auto& b = sim.process({"b", "elector", 0});
    std::vector<std::int64_t> arrivals;
    b.bus.subscribe("heartbeat",
                    [&](const Address&, Payload) { arrivals.push_back(sim.elapsed().count()); });
    a.timers.every(10ms, [&] { a.bus.publish("heartbeat", {}, -1); });
    sim.run_for(1s);
    return arrivals;
  };

  CHECK(run() == run());
  CHECK(run().size() > 20);
}

TEST_CASE("a timer runs by its own node's clock", "[support]") {
  SimWorld sim{1};
  auto& slow = sim.process({"a", "elector", 0});
  sim.set_clock("a", 0s, 0.5);
  int rings = 0;

  slow.timers.every(100ms, [&] { ++rings; });
  sim.run_for(1050ms);

  CHECK(rings == 5);
}

TEST_CASE("a cut link loses messages one way until it heals", "[support]") {
  SimWorld sim{1};
  auto& a = sim.process({"a", "elector", 0});
  auto& b = sim.process({"b", "elector", 0});
  int at_a = 0;
  int at_b = 0;
  a.bus.subscribe("heartbeat", [&](const Address& from, Payload) { at_a += from.node == "b"; });
  b.bus.subscribe("heartbeat", [&](const Address& from, Payload) { at_b += from.node == "a"; });
  const auto say = [&] {
    a.bus.publish("heartbeat", {}, -1);
    b.bus.publish("heartbeat", {}, -1);
    sim.run_for(1s);
  };

  sim.cut("a", "b");
  say();
  sim.heal("a", "b");
  say();

  CHECK(at_a == 2);
  CHECK(at_b == 1);
}

TEST_CASE("a paused process hears and acts only after it goes on", "[support]") {
  SimWorld sim{1};
  auto& a = sim.process({"a", "elector", 0});
  int rings = 0;
  a.timers.after(100ms, [&] { ++rings; });

  sim.pause_process(a.self);
  sim.run_for(1s);
  CHECK(rings == 0);
  sim.resume_process(a.self);

  CHECK(rings == 1);
}

}  // namespace paceline::test
