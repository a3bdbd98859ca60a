// bench_closed_loop: what a centre has of the whole path.
//
//   bench_closed_loop JSON_FILE all|slots|shared|lag|periods [SEEDS]     tables on standard output; see `ops/bench loop`
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string_view>

#include "tests/scenario/loop_measure.h"
#include "tests/scenario/loop_plans.h"

namespace paceline::test {
namespace {

struct Way {
  Duration period;
  Duration gap;
  Duration way;
};

constexpr Way ways[] = {{2s, 0s, 20ms},    {2s, 300ms, 20ms}, {2s, 300ms, 150ms},
                        {500ms, 0s, 20ms}, {5s, 0s, 20ms},    {5s, 300ms, 20ms}};

// What every row has.
nlohmann::json json_of(const LoopFigures& figures, const ClosedLoop::Plan& plan) {
  return {{"agents", plan.agents},
          {"groups", plan.groups},
          {"occupancy_pct", mean_of(figures.occupancy)},
          {"occupancy_ci", interval_of(figures.occupancy)},
          {"abandonment_pct", mean_of(figures.abandonment)},
          {"abandonment_ci", interval_of(figures.abandonment)},
          {"requests_per_minute", figures.requests_per_minute},
          {"bytes_per_s", figures.bytes_per_s}};
}

std::string occupancy_at_abandonment(const LoopFigures& figures) {
  return fmt::format("{:>6.2f} +-{:<6.2f} {:>5.2f} +-{:<5.2f}", mean_of(figures.occupancy),
                     interval_of(figures.occupancy), mean_of(figures.abandonment),
                     interval_of(figures.abandonment));
}

// By how often the endpoint is told.
nlohmann::json periods(int seeds) {
  fmt::print("{:>6} {:>6} {:>8} {:>5} {:>6}  {:>15} {:>13} {:>10} {:>7}\n", "agents", "groups",
             "period s", "gap s", "way ms", "occupancy %", "abandoned %", "requests/m", "bytes/s");
  auto json = nlohmann::json::array();
  for (const int agents : {5, 10, 30})
    for (const auto& [period, gap, way] : ways) {
      const ClosedLoop::Plan plan{.agents = agents,
                                  .groups = 200 / agents,
                                  .refresh_period = period,
                                  .prompt_gap = gap,
                                  .way = way};
      const LoopFigures figures = measure_loop(plan, seeds);
      fmt::print("{:>6} {:>6} {:>8.1f} {:>5.1f} {:>6.0f}  {} {:>10.0f} {:>7.0f}\n", agents,
                 plan.groups, to_seconds(period), to_seconds(gap), to_seconds(way) * 1000,
                 occupancy_at_abandonment(figures), figures.requests_per_minute,
                 figures.bytes_per_s);
      std::fflush(stdout);
      auto& row = json.emplace_back(json_of(figures, plan));
      row["table"] = "periods";
      row["period_s"] = to_seconds(period);
      row["gap_s"] = to_seconds(gap);
      row["way_s"] = to_seconds(way);
    }
  return json;
}

// Centres as they are: what is particular about them stands in their names.
nlohmann::json named(std::string_view table, const std::vector<LoopPlan>& plans, int seeds) {
  fmt::print("{:<14} {:<8} {:>6}  {:>15} {:>13}  {}\n", table, "known by", "agents", "occupancy %",
             "abandoned %", "in bench_pacing");
  auto json = nlohmann::json::array();
  for (const auto& [name, known, bench, plan] : plans) {
    const LoopFigures figures = measure_loop(plan, seeds);
    fmt::print("{:<14} {:<8} {:>6}  {}  {}\n", name, known, plan.agents,
               occupancy_at_abandonment(figures), bench);
    std::fflush(stdout);
    auto& row = json.emplace_back(json_of(figures, plan));
    row["table"] = table;
    row["scenario"] = name;
    row["known"] = known;
    row["bench_pacing"] = bench;
  }
  return json;
}

// Every table by its name, in the order of `all`.
struct Table {
  std::string_view name;
  std::function<nlohmann::json(int seeds)> measure;
};

const std::vector<Table>& tables() {
  static const std::vector<Table> all{
      {"slots", [](int seeds) { return named("slots", slot_plans(20), seeds); }},
      {"shared", [](int seeds) { return named("shared", shared_plans(20), seeds); }},
      {"lag", [](int seeds) { return named("lag", lag_plans(20), seeds); }},
      {"periods", periods},
  };
  return all;
}

int run(const std::string& json_file, std::string_view name, int seeds) {
  auto json = nlohmann::json::array();
  for (const Table& table : tables()) {
    if (name != "all" && name != table.name) continue;
    const auto rows = table.measure(seeds);
    json.insert(json.end(), rows.begin(), rows.end());
  }
  std::ofstream out{json_file};
  out << json.dump(1) << "\n";
  if (out.flush()) return 0;
  fmt::print(stderr, "bench_closed_loop: cannot write {}\n", json_file);
  return 1;
}

bool is_table(std::string_view name) {
  return name == "all" || std::ranges::find(tables(), name, &Table::name) != tables().end();
}

}  // namespace
}  // namespace paceline::test

int main(int argc, char** argv) {
  const std::string_view table = argc > 2 ? argv[2] : "";
  const int seeds = argc > 3 ? std::atoi(argv[3]) : 8;
  if (!paceline::test::is_table(table) || argc > 4 || seeds < 1) {
    std::fputs("usage: bench_closed_loop JSON_FILE all|slots|shared|lag|periods [SEEDS]\n", stderr);
    return 64;
  }
  return paceline::test::run(argv[1], table, seeds);
}
