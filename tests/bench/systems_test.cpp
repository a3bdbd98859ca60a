// No system beats the optimum, and each does what it is known for.
#include "tests/bench/systems.h"

#include <cmath>

#include "tests/bench/measure.h"
#include "tests/bench/theory.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

Scenario memoryless(int agents) {
  return scenarios_named("memoryless", {agents}, true).front();
}

// What the Lagrangian of the decision process gives for what a system achieved, and its interval.
Estimate worth(const Scenario& scenario, System& system, double price, int days) {
  Centre centre{scenario, 11};
  double now = scenario.warm_up_h * 3600;
  centre.run_until(now, system);
  std::vector<double> worths, seconds;
  for (int day = 0; day < days; ++day) {
    const Totals before = centre.totals();
    centre.run_until(now += scenario.day_h * 3600, system);
    const Totals passed = centre.totals() - before;
    const double ended = static_cast<double>(passed.answered + passed.abandoned);
    worths.push_back(passed.busy_s / scenario.agents -
                     price * (static_cast<double>(passed.abandoned) - scenario.goal * ended));
    seconds.push_back(scenario.day_h * 3600);
  }
  return ratio_of(worths, seconds);
}

}  // namespace

TEST_CASE("no system beats the optimum of the memoryless centre", "[bench]") {
  const int agents = GENERATE(5, 10);
  const Scenario scenario = memoryless(agents);
  const Optimum best = optimum({.agents = agents}, scenario.goal);
  for (const char* name : {"paceline", "progressive", "vicidial_hard", "vicidial_average",
                           "webitel", "erlang_a", "prototype"}) {
    const auto system = make_system(name, scenario, 12);
    REQUIRE(system);

    const Estimate reached = worth(scenario, *system, best.price, 12);

    CAPTURE(name, reached.value, reached.half, best.gain);
    CHECK(reached.value <= best.gain + reached.half);
  }
}

TEST_CASE("the optimal policy, played, reaches the optimum", "[bench]") {
  const Scenario scenario = memoryless(5);
  const Optimum best = optimum({.agents = 5}, scenario.goal);
  const auto system = make_order_up_to({.careful = best.up_to, .bold = best.up_to}, 1, true);

  const Estimate reached = worth(scenario, *system, best.price, 80);

  CAPTURE(reached.value, reached.half, best.gain);
  CHECK(reached.value <= best.gain + reached.half);
  CHECK(reached.value >= best.gain - reached.half - 0.002);
}

TEST_CASE("the optimum's tables, mixed in hindsight, meet the goal below the optimum", "[bench]") {
  const Scenario scenario = memoryless(5);

  const Row known = measure(scenario, "optimum_table", 40, 15);

  CAPTURE(known.note);
  CHECK(std::abs(known.abandonment_pct.value - 3) <= 2 * known.abandonment_pct.half);
  CHECK(known.occupancy_pct.value <=
        100 * optimum({.agents = 5}, scenario.goal).gain + known.occupancy_pct.half);
  CHECK(known.occupancy_pct.value > measure(scenario, "prototype", 40, 15).occupancy_pct.value);
}

TEST_CASE("progressive never lets a visitor wait, and wastes what it takes to invite", "[bench]") {
  const Scenario scenario = scenarios_named("chat", {10}, true).front();

  const Row row = measure(scenario, "progressive", 10, 13);

  CHECK(row.abandonment_pct.value == 0);
  CHECK(row.occupancy_pct.value == Approx(87.3).margin(0.6));  // 240 s of 240 + 35.
}

TEST_CASE("Paceline keeps the goal and beats progressive", "[bench]") {
  const Scenario scenario = scenarios_named("chat", {10}, true).front();

  const Row paced = measure(scenario, "paceline", 10, 14);
  const Row progressive = measure(scenario, "progressive", 10, 14);

  CHECK(paced.abandonment_pct.value <= 3.15);
  CHECK(paced.occupancy_pct.value > progressive.occupancy_pct.value + 3);
}

TEST_CASE("where the reactive goal is out of reach, Paceline still invites, and costs hardly any",
          "[bench]") {
  Scenario scenario = scenarios_named("dual_70", {10}, true).front();
  scenario.reactive_load = 0.8;

  const Row paced = measure(scenario, "paceline", 20, 15);
  const Row silent = measure(scenario, "silent", 20, 15);

  CHECK(silent.reactive_abandonment_pct.value > 1.2 * 100 * scenario.reactive_goal);
  CHECK(paced.reactive_abandonment_pct.value < silent.reactive_abandonment_pct.value + 0.4);
  CHECK(paced.occupancy_pct.value > silent.occupancy_pct.value + 0.5);
}

TEST_CASE("the goal is kept with late statistics, however often it is decided", "[bench]") {
  const Scenario scenario = scenarios_named("delay_5s", {10}, true).front();
  const char* system = GENERATE("paceline", "paceline_refresh", "paceline_b");

  const Row row = measure(scenario, system, 10, 16);

  CAPTURE(system);
  CHECK(row.abandonment_pct.value <= 3.15);
  CHECK(row.occupancy_pct.value > 90);
}

TEST_CASE("a system that does not apply or does not exist says so", "[bench]") {
  const Scenario drift = scenarios_named("drift", {10}, true).front();

  CHECK(measure(drift, "ctmdp", 1, 1).note == "only for one kind of traffic in a steady day");
  CHECK(measure(drift, "optimum_table", 1, 1).days == 0);
  CHECK(measure(drift, "nobody", 1, 1).note == "no such system");
}

}  // namespace paceline::test
