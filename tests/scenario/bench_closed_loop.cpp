// bench_closed_loop: what a centre has of the whole path, by how often the endpoint is told.
//
//   bench_closed_loop JSON_FILE [SEEDS]     one table on standard output; see `ops/bench loop`
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/scenario/closed_loop.h"

namespace paceline::test {
namespace {

struct Way {
  Duration period;
  Duration gap;
  Duration way;
};

constexpr Way ways[] = {{2s, 0s, 20ms},    {2s, 300ms, 20ms}, {2s, 300ms, 150ms},
                        {500ms, 0s, 20ms}, {5s, 0s, 20ms},    {5s, 300ms, 20ms}};

struct Row {
  std::vector<double> occupancy;    // [%] by seed.
  std::vector<double> abandonment;  // [%]
  double requests_per_minute = 0;
  double bytes_per_s = 0;  // Bodies, before compression.
};

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// Half of the 95 % interval.
double interval(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double square = 0;
  for (const double value : values) square += std::pow(value - mean(values), 2);
  return n > 1 ? 1.96 * std::sqrt(square / (n - 1) / n) : 0;
}

Row measure(const ClosedLoop::Plan& plan, int seeds) {
  Row row;
  const double measured_s = to_seconds(ClosedLoop::day) * seeds;
  for (int seed = 1; seed <= seeds; ++seed) {
    ClosedLoop loop{plan, static_cast<std::uint64_t>(seed)};
    loop.run_for(ClosedLoop::learns);
    const auto before = loop.totals();
    loop.run_for(ClosedLoop::day);
    const auto day = loop.totals() - before;
    row.occupancy.push_back(100 * day.occupancy());
    row.abandonment.push_back(100 * day.abandonment());
    row.requests_per_minute += static_cast<double>(day.publications) * 60 / measured_s;
    row.bytes_per_s += static_cast<double>(day.bytes) / measured_s;
  }
  return row;
}

int run(const std::string& json_file, int seeds) {
  fmt::print("{:>6} {:>6} {:>8} {:>5} {:>6}  {:>15} {:>13} {:>10} {:>7}\n", "agents", "groups",
             "period s", "gap s", "way ms", "occupancy %", "abandoned %", "requests/m", "bytes/s");
  auto json = nlohmann::json::array();
  for (const int agents : {5, 10, 30})
    for (const auto& [period, gap, way] : ways) {
      const int groups = 200 / agents;
      const Row row = measure({.agents = agents,
                               .groups = groups,
                               .refresh_period = period,
                               .prompt_gap = gap,
                               .way = way},
                              seeds);
      fmt::print(
          "{:>6} {:>6} {:>8.1f} {:>5.1f} {:>6.0f}  {:>6.2f} +-{:<6.2f} {:>5.2f} +-{:<5.2f} "
          "{:>10.0f} {:>7.0f}\n",
          agents, groups, to_seconds(period), to_seconds(gap), to_seconds(way) * 1000,
          mean(row.occupancy), interval(row.occupancy), mean(row.abandonment),
          interval(row.abandonment), row.requests_per_minute, row.bytes_per_s);
      std::fflush(stdout);
      json.push_back({{"agents", agents},
                      {"groups", groups},
                      {"period_s", to_seconds(period)},
                      {"gap_s", to_seconds(gap)},
                      {"way_s", to_seconds(way)},
                      {"occupancy_pct", mean(row.occupancy)},
                      {"occupancy_ci", interval(row.occupancy)},
                      {"abandonment_pct", mean(row.abandonment)},
                      {"abandonment_ci", interval(row.abandonment)},
                      {"requests_per_minute", row.requests_per_minute},
                      {"bytes_per_s", row.bytes_per_s}});
    }
  std::ofstream out{json_file};
  out << json.dump(1) << "\n";
  if (out.flush()) return 0;
  fmt::print(stderr, "bench_closed_loop: cannot write {}\n", json_file);
  return 1;
}

}  // namespace
}  // namespace paceline::test

int main(int argc, char** argv) {
  const int seeds = argc > 2 ? std::atoi(argv[2]) : 8;
  if (argc < 2 || seeds < 1) {
    std::fputs("usage: bench_closed_loop JSON_FILE [SEEDS]\n", stderr);
    return 64;
  }
  return paceline::test::run(argv[1], seeds);
}
