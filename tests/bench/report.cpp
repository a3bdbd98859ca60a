#include "tests/bench/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace paceline::test {

std::string table_head() {
  return fmt::format(
      "{:<14} {:>4} {:>5} {:<16} {:>15} {:>13} {:>13} {:>6} {:>6} {:>6} {:>6} {:>7}  {}\n",
      "scenario", "n", "goal%", "system", "occupancy %", "abandoned %", "reactive %", "over%",
      "wait s", "inv/a", "waste%", "ns", "note");
}

std::string table_line(const Row& row) {
  const auto with = [](Estimate e) { return fmt::format("{:.2f} +-{:.2f}", e.value, e.half); };
  return fmt::format(
      "{:<14} {:>4} {:>5.0f} {:<16} {:>15} {:>13} {:>13} {:>6.1f} {:>6.2f} {:>6.2f} {:>6.1f} "
      "{:>7.0f}  {}\n",
      row.scenario, row.agents, row.goal_pct, row.system, with(row.occupancy_pct),
      with(row.abandonment_pct), with(row.reactive_abandonment_pct), row.days_over_goal_pct,
      row.mean_wait_s, row.invitations_per_accepted, row.wasted_pct, row.ns_per_decision, row.note);
}

std::string hours_table(const std::vector<Row>& rows) {
  std::string table = fmt::format("{:<6}", "hour");
  for (const Row& row : rows) table += fmt::format(" {:>16}", row.system);
  table += "\n";
  for (std::size_t hour = 0; hour < 24; ++hour) {
    table += fmt::format("{:<6}", hour);
    for (const Row& row : rows) table += fmt::format(" {:>16.1f}", row.hour_occupancy_pct[hour]);
    table += "\n";
  }
  return table;
}

std::string json_of(const std::vector<Row>& rows) {
  auto list = nlohmann::json::array();
  for (const Row& row : rows) {
    if (row.days == 0) continue;  // Did not apply.
    nlohmann::json one{{"scenario", row.scenario},
                       {"system", row.system},
                       {"agents", row.agents},
                       {"goal_pct", row.goal_pct},
                       {"days", row.days},
                       {"occupancy_pct", row.occupancy_pct.value},
                       {"occupancy_ci", row.occupancy_pct.half},
                       {"abandonment_pct", row.abandonment_pct.value},
                       {"abandonment_ci", row.abandonment_pct.half},
                       {"reactive_abandonment_pct", row.reactive_abandonment_pct.value},
                       {"reactive_abandonment_ci", row.reactive_abandonment_pct.half},
                       {"days_over_goal_pct", row.days_over_goal_pct},
                       {"mean_wait_s", row.mean_wait_s},
                       {"invitations_per_accepted", row.invitations_per_accepted},
                       {"wasted_pct", row.wasted_pct},
                       {"ns_per_decision", row.ns_per_decision},
                       {"events_per_s", row.events_per_s},
                       {"note", row.note}};
    if (row.worst_target_pct > 0) one["worst_target_pct"] = row.worst_target_pct;
    if (row.worth_per_answered > 0) {
      one["worth_per_answered"] = row.worth_per_answered;
      one["worth_per_agent_hour"] = row.worth_per_agent_hour;
    }
    if (row.worst_window_pct > 0) {
      one["worst_window_pct"] = row.worst_window_pct;
      one["windows_over_goal_pct"] = row.windows_over_goal_pct;
    }
    if (row.watched_pct > 0) {
      one["watched_pct"] = row.watched_pct;
      one["watched_pending"] = row.watched_pending;
    }
    if (row.scenario == "trace") one["hour_occupancy_pct"] = row.hour_occupancy_pct;
    list.push_back(std::move(one));
  }
  return list.dump(1) + "\n";
}

}  // namespace paceline::test
