#include "tests/bench/shared_centre.h"

#include "tests/bench/shared_measure.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

// Invites as many as are idle in each target, and keeps an eye on what the centre says.
class Watcher final : public SharedSystem {
 public:
  explicit Watcher(const SharedScenario& scenario) : scenario_{scenario} {}

  void decide(std::span<const SharedView> targets, double, std::span<int> grants) override {
    for (std::size_t t = 0; t < targets.size(); ++t) {
      const SharedView& view = targets[t];
      REQUIRE(view.idle + view.talking + view.wrap_up == view.logged_in);
      REQUIRE(view.entered == view.answered + view.abandoned + view.queue);
      REQUIRE(view.sent == view.accepted + view.refused + view.pending);
      REQUIRE((view.queue == 0 || view.idle == 0));
      grants[t] = std::max(0, view.idle - view.pending);
    }
  }

 private:
  const SharedScenario& scenario_;
};

}  // namespace

TEST_CASE("a centre with shared agents keeps its books", "[bench]") {
  const auto name = GENERATE("shared_2", "ring", "half_overlap", "shared_dual_30", "shared_short");
  SharedScenario scenario = shared_scenarios_named(name).at(0);
  scenario.base.wrap_up_s = 15;
  SharedCentre centre{scenario, 3};
  Watcher system{scenario};

  centre.run_until(4 * 3600, system);

  CHECK(centre.totals().answered > 100);
  CHECK(centre.totals().busy_s > 0.2 * centre.totals().logged_in_s);
}

TEST_CASE("every scenario of shared agents has a name of its own and targets that exist",
          "[bench]") {
  for (const std::string& name : shared_scenario_names()) {
    const auto found = shared_scenarios_named(name);
    REQUIRE(found.size() == 1);
    REQUIRE(found[0].skills.size() == static_cast<std::size_t>(found[0].base.agents));
    for (const auto& skills : found[0].skills)
      for (const std::uint32_t t : skills) REQUIRE(t < found[0].targets.size());
  }
}

TEST_CASE("targets with the same agents abandon many times the goal if each is paced alone",
          "[bench]") {
  const SharedScenario scenario = shared_scenarios_named("shared_5").at(0);

  const Row alone = measure_shared(scenario, "paceline_alone", 1, 1);

  CHECK(alone.abandonment_pct.value > 10);
}

// Each day is steered to its own budget, so a few days tell whether the goal is kept. They tell
// occupancy to some tenths of a point, with three agents to one point.
TEST_CASE("targets that share agents keep 3 % together, as busy as the agents of one target",
          "[bench]") {
  struct Case {
    const char* name;
    int days;
    double least_pct;
  };
  const auto [name, days, least_pct] =
      GENERATE(Case{"shared_2", 3, 92.6}, Case{"shared_5", 2, 92.6},
               Case{"shared_5_phone", 2, 90.2}, Case{"shared_3_of_3", 6, 88.4},
               Case{"ring", 3, 92.5}, Case{"ring_phone", 3, 89.8}, Case{"half_overlap", 2, 94});

  const Row pool = measure_shared(shared_scenarios_named(name).at(0), "paceline", days, 1);

  CAPTURE(name, pool.note, pool.occupancy_pct.half);
  CHECK(pool.abandonment_pct.value <= 3);
  CHECK(pool.occupancy_pct.value >= least_pct);
}

TEST_CASE("targets of which nothing is told but what their counts show keep 3 % together as well",
          "[bench]") {
  struct Case {
    const char* name;
    int days;
    double least_pct;
  };
  const auto [name, days, least_pct] =
      GENERATE(Case{"shared_2", 2, 92.5}, Case{"shared_5", 2, 92.5}, Case{"ring", 3, 92});

  const Row pool = measure_shared(shared_scenarios_named(name).at(0), "paceline_detect", days, 1);

  CAPTURE(name, pool.note);
  CHECK(pool.abandonment_pct.value <= 3);
  CHECK(pool.occupancy_pct.value >= least_pct);
}

TEST_CASE("where one target's interactions are worth more, its weight raises what an hour is worth",
          "[bench]") {
  const auto measured = [](const char* name) {
    return measure_shared(shared_scenarios_named(name).at(0), "paceline", 2, 1);
  };

  const Row weighted = measured("shared_weights");
  const Row even = measured("shared_unweighted");

  CAPTURE(weighted.note, even.note);
  CHECK(even.worth_per_answered == Approx(2.5).margin(0.1));
  CHECK(weighted.worth_per_answered == Approx(3.25).margin(0.1));
  CHECK(weighted.worth_per_agent_hour > 1.2 * even.worth_per_agent_hour);
  CHECK(weighted.abandonment_pct.value <= 3);
}

TEST_CASE("an endpoint sends what it is offered, up to what may be outstanding, while it is valid",
          "[bench]") {
  const SharedScenario scenario = shared_scenarios_named("half_overlap").at(0);
  SharedCentre centre{scenario, 5};
  class Nobody final : public SharedSystem {
    void decide(std::span<const SharedView>, double, std::span<int>) override {}
  } nobody;
  centre.run_until(10, nobody);

  centre.offer(0, {.allowance = 30, .most_pending = 4, .until_s = 40});
  CHECK(centre.view(0).pending == 4);
  CHECK(centre.allowance(0) == 26);
  centre.run_until(39, nobody);
  CHECK(centre.view(0).pending == 4);  // What is answered is sent again.
  CHECK(centre.view(0).sent > 8);
  const auto sent = centre.view(0).sent;
  centre.run_until(300, nobody);
  CHECK(centre.view(0).pending == 0);
  CHECK(centre.view(0).sent <= sent + 4);
  CHECK(centre.allowance(0) == 0);
  CHECK(centre.view(1).sent == 0);
}

TEST_CASE("beside reactive traffic targets that share agents keep the reactive goal", "[bench]") {
  const Row pool = measure_shared(shared_scenarios_named("shared_dual_30").at(0), "paceline", 4, 1);

  CAPTURE(pool.note, pool.reactive_abandonment_pct.half);
  CHECK(pool.reactive_abandonment_pct.value <= 5);
  CHECK(pool.abandonment_pct.value <= 3);
  CHECK(pool.occupancy_pct.value > 80);
}

}  // namespace paceline::test
