// Agents who hold several chats or serve several targets, and statistics that lag, through the whole path.
#include "tests/scenario/loop_plans.h"

#include <algorithm>

#include "tests/scenario/loop_centre.h"
#include "tests/scenario/loop_measure.h"
#include "tests/support/catch.h"
#include "topology/shared_agents.h"

namespace paceline::test {
namespace {

ClosedLoop::Plan plan_of(const std::string& name, const std::string& known) {
  for (const auto& each : slot_plans(2))
    if (each.name == name && each.known == known) return each.plan;
  FAIL("no plan " << name << " " << known);
  return {};
}

ClosedLoop::Plan shared_plan(const std::string& name, const std::string& known) {
  for (const auto& each : shared_plans(2))
    if (each.name == name && each.known == known) return each.plan;
  FAIL("no plan " << name << " " << known);
  return {};
}

}  // namespace

TEST_CASE("agents with several chats are filled, and the goal is kept", "[scenario]") {
  const auto [name, known] =
      GENERATE(table<std::string, std::string>({{"three_chats", "figures"},
                                                {"three_chats", "capacity"},
                                                {"mixed_1_5", "figures"},
                                                {"mixed_1_5", "capacity"},
                                                {"three_slowed", "figures"}}));
  CAPTURE(name, known);

  const LoopFigures day = measure_loop(plan_of(name, known), 1, 4h);

  CHECK(mean_of(day.abandonment) < 4);  // Four hours of two groups: 2,000 visitors.
  CHECK(mean_of(day.occupancy) > 95);
}

TEST_CASE("the table of slots has 1, 3 and 5 chats, mixed agents and chats that slow each other",
          "[scenario]") {
  const auto plans = slot_plans(1);
  const auto some = [&](auto has) { return std::ranges::any_of(plans, has); };
  for (const int chats : {1, 3, 5})
    CHECK(some([&](const LoopPlan& each) { return each.plan.kind.slots == chats; }));
  CHECK(some([](const LoopPlan& each) { return each.plan.kind.other_slots > 0; }));
  CHECK(some([](const LoopPlan& each) { return each.plan.kind.slow_down > 0; }));
  for (const char* known : {"agents", "figures", "capacity"})
    CHECK(some([&](const LoopPlan& each) { return each.known == known; }));
}

TEST_CASE("targets that share agents keep their goal together if it is told, or seen",
          "[scenario]") {
  struct Case {
    const char* name;
    const char* known;
    double least_pct;
  };
  const auto [name, known, least_pct] =
      GENERATE(Case{"five_targets", "group", 91}, Case{"half_overlap", "membership", 92.5},
               Case{"five_targets", "detected", 91});
  CAPTURE(name, known);

  const LoopFigures day = measure_loop(shared_plan(name, known), 1, 4h);

  CHECK(mean_of(day.abandonment) < 4);
  CHECK(mean_of(day.occupancy) > least_pct);
}

TEST_CASE("targets that share all their agents abandon many times their goal if nobody knows it",
          "[scenario]") {
  const LoopFigures day = measure_loop(shared_plan("five_targets", "nothing"), 1, 4h);

  CHECK(mean_of(day.abandonment) > 8);  // What a pool is for.
}

TEST_CASE("half of the agents serve both of two targets, and the membership tells it",
          "[scenario]") {
  const auto centre = centre_of_skills(shared_plan("half_overlap", "membership"), 1);

  const auto shared = shared_agents(centre->targets());

  REQUIRE(centre->targets().all.size() == 2);
  REQUIRE(shared.size() == 3);  // In the order of the targets: the first alone, both, the second.
  CHECK(shared[0].targets == std::vector<std::uint32_t>{0});
  CHECK(shared[0].agents == 5);
  CHECK(shared[1].targets == std::vector<std::uint32_t>{0, 1});
  CHECK(shared[1].agents == 10);
  CHECK(shared[2].targets == std::vector<std::uint32_t>{1});
  CHECK(centre->numbers(0).logged_in == 15);
}

TEST_CASE("statistics that are old without saying so do not cost the goal", "[scenario]") {
  for (const auto& [name, known, bench, plan] : lag_plans(2)) {
    if (name != "5_s" && name != "2_s_phone" && name != "5_s_phone") continue;
    CAPTURE(name);
    const LoopFigures day = measure_loop(plan, 1, 4h);
    CHECK(mean_of(day.abandonment) < 4);
    CHECK(mean_of(day.occupancy) > 87);
  }
}

}  // namespace paceline::test
