#include "tests/bench/shared_scenario.h"

#include <algorithm>

#include "tests/bench/random_stream.h"

namespace paceline::test {
namespace {

using Skills = std::vector<std::vector<std::uint32_t>>;

// Every agent has all skills.
Skills all_of(int agents, std::uint32_t targets) {
  std::vector<std::uint32_t> every;
  for (std::uint32_t t = 0; t < targets; ++t) every.push_back(t);
  return Skills(static_cast<std::size_t>(agents), every);
}

// Agent i has `each` neighbouring skills, around a ring.
Skills ring_of(int agents, std::uint32_t targets, std::uint32_t each) {
  Skills skills;
  for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(agents); ++i) {
    auto& of = skills.emplace_back();
    for (std::uint32_t k = 0; k < each; ++k) of.push_back((i + k) % targets);
  }
  return skills;
}

Skills random_of(int agents, std::uint32_t targets, std::size_t each, std::uint64_t seed) {
  RandomStream chance{seed, 1};
  Skills skills;
  for (int i = 0; i < agents; ++i) {
    auto& of = skills.emplace_back();
    while (of.size() < each) {
      const auto drawn = static_cast<std::uint32_t>(chance.uniform() * targets);
      if (std::find(of.begin(), of.end(), drawn) == of.end()) of.push_back(drawn);
    }
  }
  return skills;
}

// Of 20 agents ten have both skills, five have the first alone, five the second.
Skills half_of_both() {
  Skills skills;
  for (int i = 0; i < 20; ++i)
    skills.push_back(i < 10 ? std::vector<std::uint32_t>{0, 1}
                            : std::vector<std::uint32_t>{i < 15 ? 0u : 1u});
  return skills;
}

SharedScenario make(const std::string& name, int agents, std::size_t targets, Skills skills) {
  SharedScenario s;
  s.base.name = name;
  s.base.agents = agents;
  s.targets.resize(targets);
  s.skills = std::move(skills);
  return s;
}

std::vector<SharedScenario> all() {
  std::vector<SharedScenario> list;
  for (const bool phone : {false, true})
    for (const std::uint32_t targets : {2u, 5u}) {
      const std::string name = "shared_" + std::to_string(targets) + (phone ? "_phone" : "");
      auto& s = list.emplace_back(make(name, 10, targets, all_of(10, targets)));
      if (phone) s.base.patience_s = 2;
    }
  list.push_back(make("shared_3_of_3", 3, 3, all_of(3, 3)));
  for (const bool phone : {false, true}) {
    auto& s = list.emplace_back(make(phone ? "ring_phone" : "ring", 30, 10, ring_of(30, 10, 3)));
    if (phone) s.base.patience_s = 2;
  }
  list.push_back(make("ring_small", 10, 5, ring_of(10, 5, 2)));
  list.push_back(make("random_skills", 30, 10, random_of(30, 10, 3, 1)));
  list.push_back(make("half_overlap", 20, 2, half_of_both()));
  list.push_back(make("shared_goals", 10, 2, all_of(10, 2)));
  list.back().targets[1].goal = 0.05;
  list.push_back(make("shared_unequal", 10, 2, all_of(10, 2)));
  list.back().targets[0].acceptance = 0.1;
  list.back().targets[1].acceptance = 0.5;
  // The second target's interactions are worth four of the first's: dealt by that, and evenly.
  for (const bool weighted : {true, false}) {
    auto& s = list.emplace_back(
        make(weighted ? "shared_weights" : "shared_unweighted", 10, 2, all_of(10, 2)));
    s.targets[1].worth = 4;
    if (weighted) s.targets[1].weight = 4;
  }
  list.push_back(make("shared_short", 10, 2, all_of(10, 2)));
  list.back().targets[0].visitors_per_min = 1;
  for (const double load : {0.3, 0.7}) {
    auto& s = list.emplace_back(
        make(load < 0.5 ? "shared_dual_30" : "shared_dual_70", 10, 3, all_of(10, 3)));
    s.base.reactive_load = load;
    s.base.dual = true;
  }
  list.push_back(make("apart", 20, 2, ring_of(20, 2, 1)));
  // A whole centre that hangs together: what a decision costs then.
  list.push_back(make("ring_of_300", 900, 300, ring_of(900, 300, 3)));
  return list;
}

}  // namespace

std::vector<SharedScenario> shared_scenarios_named(const std::string& name) {
  std::vector<SharedScenario> found = all();
  std::erase_if(found, [&](const SharedScenario& s) { return s.base.name != name; });
  return found;
}

const std::vector<std::string>& shared_scenario_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const SharedScenario& s : all()) list.push_back(s.base.name);
    return list;
  }();
  return names;
}

const std::vector<std::string>& quick_shared_scenario_names() {
  static const std::vector<std::string> names{"shared_2", "shared_5", "ring"};
  return names;
}

}  // namespace paceline::test
