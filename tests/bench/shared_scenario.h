// Centres whose agents serve several targets: who has which skills, and what each target is like.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/scenario.h"

namespace paceline::test {

/// One target of such a centre; where it differs from the others.
struct SharedTarget {
  double acceptance = 0.3;      // [0..1]
  double goal = 0.03;           // [0..1]
  int weight = 1;               // Its share of the invitations, beside the others'.
  double worth = 1;             // Of an interaction, beside the others'.
  double visitors_per_min = 0;  // That can be invited; 0 = as many as one likes.
};

struct SharedScenario {
  Scenario base;  // agents, times, days; goal: the least one.
  std::vector<SharedTarget> targets;
  std::vector<std::vector<std::uint32_t>> skills;  // Of each agent: his targets.
};

/// All of that name; several where goals or sizes differ. Empty if there is none.
std::vector<SharedScenario> shared_scenarios_named(const std::string& name);

/// Every name, in the order of the table.
const std::vector<std::string>& shared_scenario_names();

/// Those of a look in under a minute.
const std::vector<std::string>& quick_shared_scenario_names();

}  // namespace paceline::test
