#include "tests/bench/measure.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>

#include "common/base/check.h"
#include "tests/bench/systems.h"
#include "tests/bench/theory.h"

namespace paceline::test {
namespace {

using Maker = std::function<std::unique_ptr<System>(std::uint64_t seed)>;
constexpr double two_sided_95 = 1.96;
constexpr int pilot_days = 6;

// What the table's columns do not tell of a scenario.
std::string note_on(const Scenario& scenario, const Row& row) {
  char text[100] = "";
  if (scenario.service_level_s > 0 || scenario.threshold_s > 0) {
    const bool level = scenario.service_level_s > 0;
    std::snprintf(text, sizeof text, "%s %.2f +-%.2f %%", level ? "answered in time" : "counted",
                  level ? 100 - row.lost_pct.value : row.lost_pct.value, row.lost_pct.half);
  } else if (scenario.judged_days > 0) {
    std::snprintf(text, sizeof text, "%d days together: worst %.2f %%, %.0f %% of them over",
                  scenario.judged_days, row.worst_window_pct, row.windows_over_goal_pct);
  } else if (scenario.watched_to_h > 0) {
    std::snprintf(text, sizeof text, "%g to %g h: %.2f %%, at first at most %d outstanding",
                  scenario.watched_from_h, scenario.watched_to_h, row.watched_pct,
                  row.watched_pending);
  }
  return text;
}

// The watched part of each day.
class Watched {
 public:
  void day(const Scenario& scenario, Centre& centre, System& system, double began_s) {
    if (scenario.watched_to_h <= 0) return;
    centre.run_until(began_s + scenario.watched_from_h * 3600, system);
    most_pending_ = std::max(most_pending_, centre.pending());
    const Totals before = centre.totals();
    centre.run_until(began_s + scenario.watched_to_h * 3600, system);
    const Totals passed = centre.totals() - before;
    abandoned_ += passed.abandoned;
    ended_ += passed.abandoned + passed.answered;
  }
  void fill(Row& row) const {
    row.watched_pending = most_pending_;
    row.watched_pct =
        ended_ > 0 ? 100 * static_cast<double>(abandoned_) / static_cast<double>(ended_) : 0;
  }

 private:
  std::int64_t abandoned_ = 0;
  std::int64_t ended_ = 0;
  int most_pending_ = 0;
};

void run(const Scenario& scenario, const Maker& make, int days, std::uint64_t seed, Row& row) {
  const auto began = std::chrono::steady_clock::now();
  Record record;
  Watched watched;
  const double day_s = scenario.day_h * 3600;
  if (scenario.cold) {
    for (int day = 0; day < days; ++day) {
      const std::uint64_t day_seed = seed * 1000003 + static_cast<std::uint64_t>(day);
      Centre centre{scenario, day_seed};
      const auto system = make(day_seed);
      centre.run_until(day_s, *system);
      record.add(centre.totals(), scenario);
    }
  } else {
    Centre centre{scenario, seed};
    const auto system = make(seed);
    double now = scenario.warm_up_h * 3600;
    centre.run_until(now, *system);
    std::array<double, 24> busy{};
    std::array<double, 24> logged_in{};
    for (int day = 0; day < days; ++day) {
      const Totals before = centre.totals();
      for (std::size_t hour = 0; scenario.trace && hour < 24; ++hour) {
        const Totals hour_before = centre.totals();
        centre.run_until(now + 3600 * (static_cast<double>(hour) + 1), *system);
        const Totals passed = centre.totals() - hour_before;
        busy[hour] += passed.busy_s;
        logged_in[hour] += passed.logged_in_s;
      }
      watched.day(scenario, centre, *system, now);
      centre.run_until(now += day_s, *system);
      record.add(centre.totals() - before, scenario);
    }
    for (std::size_t hour = 0; hour < 24; ++hour)
      if (logged_in[hour] > 0) row.hour_occupancy_pct[hour] = 100 * busy[hour] / logged_in[hour];
  }
  record.fill(row);
  record.fill_windows(row, scenario);
  watched.fill(row);
  if (row.note.empty()) row.note = note_on(scenario, row);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  row.events_per_s = static_cast<double>(record.events()) / std::max(1e-9, took.count());
}

// The operator who knows the days beforehand: of all maximum levels
// the one with the highest occupancy that keeps the goal. A level of
// 1 + `unit` has as many lines out as agents come free meanwhile.
double tuned_level(const Scenario& scenario, int days, std::uint64_t seed) {
  const double unit =
      scenario.answer_s / (scenario.acceptance * (scenario.handle_s + scenario.wrap_up_s));
  double best = 1;
  double best_occupancy = 0;
  for (const double share : {0.4, 0.55, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15,
                             1.2, 1.3,  1.4, 1.6, 1.8,  2.0, 2.5,  3.0, 4.0,  6.0}) {
    const double level = 1 + share * unit;
    Row row;
    run(
        scenario,
        [&](std::uint64_t) { return make_vicidial(scenario, VicidialMode::average, level); },
        std::min(days, pilot_days), seed, row);
    if (row.abandonment_pct.value > 100 * scenario.goal) continue;
    if (row.occupancy_pct.value > best_occupancy) best = level;
    best_occupancy = std::max(best_occupancy, row.occupancy_pct.value);
  }
  return best;
}

bool has_optimum(const Scenario& scenario, Row& row) {
  const bool steady = scenario.reactive_load <= 0 && scenario.slots <= 1 &&
                      scenario.phases.empty() && !scenario.trace && !scenario.busy_goal &&
                      !scenario.cold;
  if (!steady) row.note = "only for one kind of traffic in a steady day";
  return steady;
}

MemorylessCentre memoryless(const Scenario& scenario) {
  return {.agents = scenario.agents,
          .service_s = scenario.handle_s + scenario.wrap_up_s,
          .patience_s = scenario.patience_s,
          .answer_s = scenario.answer_s,
          .acceptance = scenario.acceptance};
}

// The two neighbouring tables that abandon less and more than the goal when they are played on the
// very days that are measured, and how much of each meets it.
OrderUpTo tuned_tables(const Scenario& scenario, int days, std::uint64_t seed) {
  OrderUpTo tables;
  double careful_pct = 0;
  const double goal_pct = 100 * scenario.goal;
  const double usual = optimum(memoryless(scenario), scenario.goal).price;
  for (double price = 3 * usual; price > usual / 10; price *= 0.95) {
    const std::vector<int> up_to =
        optimum_at_price(memoryless(scenario), scenario.goal, price).up_to;
    if (up_to == tables.careful) continue;
    Row row;
    run(
        scenario,
        [&](std::uint64_t) {
          return make_order_up_to({up_to, up_to, 0}, scenario.refresh_s, false);
        },
        days, seed, row);
    if (row.abandonment_pct.value > goal_pct) {
      tables.bold = up_to;
      tables.bold_share = (goal_pct - careful_pct) / (row.abandonment_pct.value - careful_pct);
      if (tables.careful.empty()) tables.careful.assign(up_to.size(), 0);
      break;
    }
    tables.careful = up_to;
    careful_pct = row.abandonment_pct.value;
  }
  if (tables.bold.empty()) tables.bold = tables.careful;
  return tables;
}

Row bound(const Scenario& scenario, Row row) {
  row.days = 1;
  row.occupancy_pct.value = 100 * optimum(memoryless(scenario), scenario.goal).gain;
  row.abandonment_pct.value = row.goal_pct;
  row.note = "computed, for exponential service";
  return row;
}

}  // namespace

void Record::add(const Totals& day, const Scenario& scenario) {
  const double goal = scenario.goal;
  const double ended = static_cast<double>(day.answered + day.abandoned);
  const double reactive = static_cast<double>(day.reactive_answered + day.reactive_abandoned);
  busy_.push_back(day.busy_s);
  logged_in_.push_back(day.logged_in_s);
  abandoned_.push_back(static_cast<double>(day.abandoned));
  ended_.push_back(ended);
  reactive_abandoned_.push_back(static_cast<double>(day.reactive_abandoned));
  reactive_ended_.push_back(reactive);
  const double counted = ended - static_cast<double>(day.brief);
  const double lost = static_cast<double>(day.abandoned - day.brief);
  const double late = static_cast<double>(day.late);
  bool over = lost > goal * counted;
  if (scenario.busy_goal) over = day.busy_s < goal * day.logged_in_s;
  if (scenario.service_level_s > 0) over = lost + late > (1 - goal) * counted;
  days_over_ += over;
  counted_.push_back(counted);
  lost_.push_back(scenario.service_level_s > 0 ? lost + late : lost);
  sum_.wait_s += day.wait_s;
  sum_.sent += day.sent;
  sum_.accepted += day.accepted;
  sum_.answered += day.answered;
  sum_.timed_ns += day.timed_ns;
  sum_.timed_decisions += day.timed_decisions;
  sum_.events += day.events;
  everyone_ += ended + reactive;
}

void Record::fill(Row& row) const {
  const auto percent = [](Estimate e) { return Estimate{100 * e.value, 100 * e.half}; };
  row.days = static_cast<int>(busy_.size());
  row.occupancy_pct = percent(ratio_of(busy_, logged_in_));
  row.abandonment_pct = percent(ratio_of(abandoned_, ended_));
  row.lost_pct = percent(ratio_of(lost_, counted_));
  row.reactive_abandonment_pct = percent(ratio_of(reactive_abandoned_, reactive_ended_));
  row.days_over_goal_pct = 100.0 * days_over_ / std::max(1, row.days);
  const auto over = [](double a, auto b) { return b > 0 ? a / static_cast<double>(b) : 0.0; };
  row.mean_wait_s = over(sum_.wait_s, everyone_);
  row.invitations_per_accepted = over(static_cast<double>(sum_.sent), sum_.accepted);
  row.wasted_pct = 100 * over(static_cast<double>(sum_.sent - sum_.answered), sum_.sent);
  row.ns_per_decision = over(sum_.timed_ns, sum_.timed_decisions);
}

void Record::fill_windows(Row& row, const Scenario& scenario) const {
  const auto days = static_cast<std::size_t>(scenario.judged_days);
  int windows = 0, over = 0;
  for (std::size_t end = days; days > 0 && end <= lost_.size(); ++end) {
    double lost = 0, counted = 0;
    for (std::size_t day = end - days; day < end; ++day) {
      lost += lost_[day];
      counted += counted_[day];
    }
    if (counted <= 0) continue;
    ++windows;
    over += lost > scenario.goal * counted;
    row.worst_window_pct = std::max(row.worst_window_pct, 100 * lost / counted);
  }
  row.windows_over_goal_pct = 100.0 * over / std::max(1, windows);
}

Estimate ratio_of(const std::vector<double>& numerators, const std::vector<double>& denominators) {
  CHECK(numerators.size() == denominators.size());
  double above = 0;
  double below = 0;
  for (const double x : numerators) above += x;
  for (const double x : denominators) below += x;
  if (below <= 0) return {};
  const double ratio = above / below;
  double squares = 0;
  for (std::size_t i = 0; i < numerators.size(); ++i) {
    const double off = numerators[i] - ratio * denominators[i];
    squares += off * off;
  }
  const double n = static_cast<double>(numerators.size());
  const double deviation = n > 1 ? std::sqrt(squares * n / (n - 1)) / below : 0;
  return {ratio, two_sided_95 * deviation};
}

Row measure(const Scenario& scenario, const std::string& system, int days, std::uint64_t seed) {
  CHECK(days >= 1);
  Row row;
  row.scenario = scenario.name;
  row.system = system;
  row.agents = scenario.agents;
  row.goal_pct = 100 * scenario.goal;
  const bool computed = system == "ctmdp" || system == "optimum_table";
  if (computed && !has_optimum(scenario, row)) return row;
  if (system == "ctmdp") return bound(scenario, std::move(row));
  if (system == "optimum_table") {
    const OrderUpTo tables = tuned_tables(scenario, days, seed);
    row.note = "bold in " + std::to_string(tables.bold_share).substr(0, 4) + " of the hours";
    run(
        scenario,
        [&](std::uint64_t) { return make_order_up_to(tables, scenario.refresh_s, false); }, days,
        seed, row);
    return row;
  }
  if (scenario.trace) days = std::min(days, static_cast<int>(scenario.trace->days.size()));
  if (system == "vicidial_tuned") {
    const double level = tuned_level(scenario, days, seed);
    row.note = "maximum level " + std::to_string(level).substr(0, 5);
    run(
        scenario,
        [&](std::uint64_t) { return make_vicidial(scenario, VicidialMode::average, level); }, days,
        seed, row);
    return row;
  }
  if (!make_system(system, scenario, seed)) {
    row.note = "no such system";
    return row;
  }
  run(
      scenario, [&](std::uint64_t s) { return make_system(system, scenario, s); }, days, seed, row);
  return row;
}

}  // namespace paceline::test
