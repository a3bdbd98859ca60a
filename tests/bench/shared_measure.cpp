#include "tests/bench/shared_measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "common/base/check.h"
#include "tests/bench/shared_centre.h"

namespace paceline::test {
namespace {

double share(std::int64_t part, std::int64_t rest) {
  return part + rest > 0 ? static_cast<double>(part) / static_cast<double>(part + rest) : 0;
}

}  // namespace

Row measure_shared(const SharedScenario& scenario, const std::string& name, int days,
                   std::uint64_t seed) {
  CHECK(days >= 1);
  double goal = 1;
  for (const SharedTarget& target : scenario.targets) goal = std::min(goal, target.goal);
  Row row;
  row.scenario = scenario.base.name;
  row.system = name;
  row.agents = scenario.base.agents;
  row.goal_pct = 100 * goal;
  const auto system = make_shared_system(name, scenario, seed);
  if (!system) {
    row.note = "not for shared agents";
    return row;
  }
  const auto began = std::chrono::steady_clock::now();
  SharedCentre centre{scenario, seed};
  double now_s = scenario.base.warm_up_h * 3600;
  centre.run_until(now_s, *system);
  const Totals first_of_all = centre.totals();
  std::vector<Totals> first;
  for (std::size_t t = 0; t < scenario.targets.size(); ++t) first.push_back(centre.totals(t));
  Scenario judged = scenario.base;
  judged.goal = goal;
  Record record;
  for (int day = 0; day < days; ++day) {
    const Totals before = centre.totals();
    centre.run_until(now_s += scenario.base.day_h * 3600, *system);
    record.add(centre.totals() - before, judged);
  }
  record.fill(row);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  row.events_per_s = static_cast<double>(record.events()) / std::max(1e-9, took.count());

  double least_pct = 100;
  double worth = 0;
  std::int64_t dealt = 0;
  std::vector<std::int64_t> sent;
  std::size_t worst = 0;
  for (std::size_t t = 0; t < scenario.targets.size(); ++t) {
    const Totals passed = centre.totals(t) - first[t];
    const double pct = 100 * share(passed.abandoned, passed.answered);
    if (pct >= row.worst_target_pct) worst = t;
    row.worst_target_pct = std::max(row.worst_target_pct, pct);
    least_pct = std::min(least_pct, pct);
    worth += scenario.targets[t].worth * static_cast<double>(passed.answered);
    sent.push_back(passed.sent);
    dealt += passed.sent;
  }
  row.note =
      fmt::format("targets {:.2f} to {:.2f} (the {}.)", least_pct, row.worst_target_pct, worst + 1);
  if (scenario.targets.size() == 2 && dealt > 0)
    row.note += fmt::format(", invitations {:.0f} : {:.0f}",
                            100.0 * static_cast<double>(sent[0]) / static_cast<double>(dealt),
                            100.0 * static_cast<double>(sent[1]) / static_cast<double>(dealt));
  const Totals all = centre.totals() - first_of_all;
  if (std::ranges::any_of(scenario.targets, [](const auto& target) { return target.worth != 1; })) {
    row.worth_per_answered = worth / static_cast<double>(std::max<std::int64_t>(1, all.answered));
    row.worth_per_agent_hour = worth / (all.logged_in_s / 3600);
    row.note += fmt::format(", worth {:.2f} an interaction, {:.2f} an agent hour",
                            row.worth_per_answered, row.worth_per_agent_hour);
  }
  return row;
}

}  // namespace paceline::test
