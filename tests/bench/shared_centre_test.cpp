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

TEST_CASE("targets with the same agents keep their goal together, alone they do not", "[bench]") {
  const SharedScenario scenario = shared_scenarios_named("shared_5").at(0);

  const Row pool = measure_shared(scenario, "paceline", 3, 1);
  const Row alone = measure_shared(scenario, "paceline_alone", 3, 1);

  CHECK(pool.abandonment_pct.value < 3.3);
  CHECK(pool.occupancy_pct.value > 92);
  CHECK(alone.abandonment_pct.value > 10);
}

}  // namespace paceline::test
