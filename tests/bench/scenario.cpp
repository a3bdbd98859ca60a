#include "tests/bench/scenario.h"

#include <algorithm>

namespace paceline::test {
namespace {

// A scenario's figures besides its size and goal.
struct Entry {
  Scenario base;
  std::vector<int> sizes;
  std::vector<double> goals{0.03};
};

Scenario chat(std::string name) {
  Scenario scenario;
  scenario.name = std::move(name);
  return scenario;
}

// Visitors and staff over a day of 24 h, by hour: quiet
// nights, a peak before noon and one in the evening.
std::vector<DayPhase> busy_day() {
  std::vector<DayPhase> phases;
  for (int hour = 0; hour < 24; ++hour) {
    const double x = hour;
    const double morning = std::max(0.0, 1 - (x - 10.5) * (x - 10.5) / 20);
    const double evening = std::max(0.0, 1 - (x - 18.5) * (x - 18.5) / 16);
    const double level = std::clamp(0.15 + 0.85 * std::max(morning, 0.8 * evening), 0.15, 1.0);
    phases.push_back({.from_h = x, .staffing = level, .reactive = level});
  }
  return phases;
}

std::vector<Entry> all_entries() {
  const std::vector<int> every{5, 10, 20, 30, 50, 100, 300};
  const std::vector<int> small{5, 10, 30};
  const std::vector<int> some{10, 30, 100};
  std::vector<Entry> entries;
  const auto add = [&](Scenario scenario, std::vector<int> sizes,
                       std::vector<double> goals = {0.03}) {
    entries.push_back({std::move(scenario), std::move(sizes), std::move(goals)});
  };

  Scenario s = chat("chat");
  add(s, every, {0.03, 0.05});
  s = chat("phone");
  s.patience_s = 2;
  add(s, every, {0.03, 0.05});
  s = chat("short_calls");
  s.handle_s = 60;
  s.handle_cv = 0.3;
  s.answer_s = 20;
  add(s, small);
  s = chat("memoryless");
  s.law = ServiceLaw::exponential;
  add(s, small);
  s = chat("wrap_up");
  s.handle_s = 200;
  s.wrap_up_s = 40;
  add(s, small);

  s = chat("drift");
  s.phases = {{.from_h = 0, .acceptance = 0.3, .handle_s = 240, .staffing = 1},
              {.from_h = 3.33, .acceptance = 0.6, .handle_s = 150, .staffing = 1.5},
              {.from_h = 6.67, .acceptance = 0.12, .handle_s = 300, .staffing = 0.6}};
  add(s, some);
  s = chat("cold_start");
  s.cold = true;
  s.warm_up_h = 0;
  add(s, small);

  for (const double answer : {3.0, 30.0}) {
    s = chat(answer < 10 ? "answer_3s" : "answer_30s");
    s.answer_s = answer;
    add(s, small);
  }
  for (const double acceptance : {0.05, 0.8}) {
    s = chat(acceptance < 0.1 ? "acceptance_05" : "acceptance_80");
    s.acceptance = acceptance;
    add(s, small);
  }
  for (const double cv : {0.5, 2.0}) {
    s = chat(cv < 1 ? "service_cv_05" : "service_cv_2");
    s.handle_cv = cv;
    add(s, small);
  }
  for (const double patience : {20.0, 300.0}) {
    s = chat(patience < 60 ? "patience_20s" : "patience_300s");
    s.patience_s = patience;
    add(s, small);
  }
  for (const int refresh : {2, 5, 10}) {
    s = chat("refresh_" + std::to_string(refresh) + "s");
    s.refresh_s = refresh;
    add(s, small);
  }
  for (const int delay : {2, 5}) {
    s = chat("delay_" + std::to_string(delay) + "s");
    s.delay_s = delay;
    add(s, small);
  }

  for (const int lag : {1, 2, 5, 15}) {
    for (const bool phone : {false, true}) {
      s = chat((phone ? "hidden_lag_phone_" : "hidden_lag_") + std::to_string(lag) + "s");
      s.hidden_s = lag;
      if (phone) s.patience_s = 2;
      add(s, {10, 30});
    }
  }
  s = chat("hidden_lag_step");  // Comes and goes.
  s.phases = {{.from_h = 0}, {.from_h = 2, .hidden_s = 5}, {.from_h = 6, .hidden_s = 1}};
  add(s, {10, 30});
  s.name = "hidden_lag_moving";  // Another one every ten minutes.
  s.phases.clear();
  for (int i = 0; i < 60; ++i)
    s.phases.push_back({.from_h = i / 6.0, .hidden_s = 2.0 + (i * 7 % 11) * 0.6});
  add(s, {10, 30});
  s = chat("hidden_lag_reactive");
  s.reactive_load = 0.3;
  s.hidden_s = 5;
  add(s, {10, 30});
  s.name = "hidden_lag_dual";
  s.dual = true;
  add(s, {10, 30});
  s = chat("reactive");  // The same without lag.
  s.reactive_load = 0.3;
  add(s, {10, 30});

  for (const double load : {0.3, 0.7}) {
    s = chat(load < 0.5 ? "dual_30" : "dual_70");
    s.reactive_load = load;
    s.dual = true;
    add(s, small);
  }
  s = chat("day_profile");
  s.phases = busy_day();
  s.day_h = 24;
  s.reactive_load = 0.3;
  s.dual = true;
  add(s, small);
  s = chat(
      "day_night");  // Open for ten hours of the day: does the night's silence harm the morning?
  s.phases = {
      {.from_h = 0, .staffing = 0}, {.from_h = 8, .staffing = 1}, {.from_h = 18, .staffing = 0}};
  s.day_h = 24;
  add(s, small);
  // Open from 8:00 to 20:00 local time, 16:00 to 4:00 UTC: the goal kept in the UTC's days, and in those
  // that people count.
  for (const bool local : {false, true}) {
    s = chat(local ? "local_days" : "utc_days");
    s.phases = {
        {.from_h = 0, .staffing = 0}, {.from_h = 8, .staffing = 1}, {.from_h = 20, .staffing = 0}};
    s.day_h = 24;
    s.warm_up_h = 24;
    s.windows_later_h = local ? 0 : 16;
    add(s, small);
  }
  // A week that must keep the goal beside the day, each fourteenth day a bad one; and without such.
  for (const bool rolling : {false, true}) {
    s = chat(rolling ? "week_rolling" : "week_of_days");
    s.rolling_days = rolling ? 7 : 0;
    s.judged_days = 7;
    s.lost_each_days = 14;
    s.lost = 6;
    add(s, {10, 30});
  }
  s.name = "week_rolling_calm";
  s.lost = 0;
  add(s, {10, 30});
  for (const bool phone : {false, true}) {
    s = chat(phone ? "service_level_80_20_phone" : "service_level_80_20");
    if (phone) s.patience_s = 2;
    s.service_level_s = 20;
    add(s, small, {0.8});
  }
  s = chat("service_level_dual");
  s.service_level_s = 20;
  s.reactive_load = 0.3;
  s.dual = true;
  add(s, small, {0.8});
  for (const bool phone : {false, true}) {
    s = chat(phone ? "short_abandonment_phone" : "short_abandonment");
    if (phone) s.patience_s = 20;  // With 2 s hardly anybody would stay to be counted.
    s.threshold_s = 5;
    add(s, small);
  }
  s = chat("slots_3");
  s.slots = 3;
  s.slow_down = 0.2;
  add(s, {5, 10, 30});
  s = chat("slots_5");
  s.slots = 5;
  s.slow_down = 0.2;
  add(s, {5, 10});
  s = chat("busy");
  s.busy_goal = true;
  add(s, {5, 10, 30, 100}, {0.75, 0.85});

  struct Absent {
    const char* name;
    int absent;
    int agents;
  };
  for (const Absent& absent : {Absent{"ghosts_1_of_5", 1, 5}, Absent{"ghosts_1_of_10", 1, 10},
                               Absent{"ghosts_2_of_10", 2, 10}, Absent{"ghosts_2_of_30", 2, 30}})
    for (const double patience_s : {60.0, 2.0}) {
      s = chat(patience_s < 60 ? absent.name + std::string{"_phone"} : absent.name);
      s.patience_s = patience_s;
      s.absent = absent.absent;
      add(s, {absent.agents});
    }
  for (const double patience_s : {60.0, 2.0}) {
    s = chat(patience_s < 60 ? "ghosts_come_and_go_phone" : "ghosts_come_and_go");
    s.patience_s = patience_s;
    s.away_every_s = 7200;
    s.away_s = 600;
    add(s, {10});
  }
  s = chat("ringing_2s");
  s.ring_from_s = s.ring_to_s = 2;
  add(s, {10});
  s = chat("ringing_5s");
  s.ring_from_s = s.ring_to_s = 5;
  add(s, {10});
  s = chat("ringing_2_to_10s");
  s.ring_from_s = 2;
  s.ring_to_s = 10;
  add(s, small);
  s = chat("ringing_5s_ghosts_2_of_10");
  s.ring_from_s = s.ring_to_s = 5;
  s.absent = 2;
  add(s, {10});
  for (const double lag_s : {5.0, 40.0}) {
    s = chat(lag_s < 40 ? "feedback_5s_old" : "feedback_40s_old");
    s.feedback_lag_s = lag_s;
    add(s, {10, 30});
  }
  s = chat("feedback_lag_5s");
  s.feedback_lag_s = 5;
  s.feedback_age_told = false;
  add(s, {10, 30});
  s = chat("nobody_accepts_then_all");
  s.phases = {{.from_h = 0, .acceptance = 0.3},
              {.from_h = 3, .acceptance = 0},
              {.from_h = 4, .acceptance = 1},
              {.from_h = 5, .acceptance = 0.3}};
  s.watched_from_h = 4;
  s.watched_to_h = 5;
  add(s, {10, 30});
  for (const double acceptance : {0.3, 0.8, 0.05}) {
    s = chat(acceptance > 0.5   ? "no_feedback_80"
             : acceptance < 0.1 ? "no_feedback_05"
                                : "no_feedback");
    s.acceptance = acceptance;
    s.feedback = false;
    add(s, {10, 30});
  }
  for (const double period_s : {60.0, 600.0}) {
    s = chat(period_s < 100 ? "acceptance_moves_60s" : "acceptance_moves_600s");
    s.acceptance = 0.55;
    s.other_acceptance = 0.05;
    s.acceptance_moves_s = period_s;
    add(s, {10, 30});
  }

  s = chat("trace");
  s.dual = true;
  s.day_h = 24;
  s.warm_up_h = 0;
  add(s, {31});
  return entries;
}

}  // namespace

std::vector<Scenario> scenarios_named(std::string_view name, const std::vector<int>& sizes,
                                      bool quick) {
  std::vector<Scenario> found;
  for (const Entry& entry : all_entries()) {
    if (entry.base.name != name) continue;
    for (const double goal : entry.goals) {
      if (quick && goal != entry.goals.front()) continue;
      std::vector<int> wanted = sizes.empty() ? entry.sizes : sizes;
      if (quick && sizes.empty() && wanted.size() > 1) wanted = {10, 30};
      for (const int agents : wanted) {
        Scenario& scenario = found.emplace_back(entry.base);
        scenario.agents = agents;
        scenario.goal = goal;
      }
    }
  }
  return found;
}

const std::vector<std::string>& scenario_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Entry& entry : all_entries()) list.push_back(entry.base.name);
    return list;
  }();
  return names;
}

}  // namespace paceline::test
