// bench_pacing: runs the pacing systems through the
// scenarios and prints the one table. See README.md.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <thread>

#include "tests/bench/report.h"
#include "tests/bench/shared_measure.h"

namespace {

using paceline::test::Row;
using paceline::test::Scenario;
using paceline::test::SharedScenario;

struct Request {
  std::vector<std::string> scenarios;
  std::vector<std::string> systems;
  std::vector<int> agents;
  std::vector<double> goals;  // [percent]
  int days = 0;               // 0: by the size of the group.
  double hours = 0;           // [h] length of a day; 0: the scenario's own.
  double effort = 1;
  int jobs = 2;  // Cells measured side by side; times per decision are truer with one.
  std::uint64_t seed = 1;
  bool quick = false;
  std::string trace_file;
  std::string json_file = "build/bench/pacing.json";
};

const std::vector<std::string> usual_systems{
    "paceline", "paceline_refresh", "progressive",   "vicidial_hard", "vicidial_tuned", "webitel",
    "erlang_a", "prototype",        "optimum_table", "ctmdp",         "oracle"};
const std::vector<std::string> quick_systems{"paceline", "progressive", "vicidial_hard",
                                             "webitel",  "erlang_a",    "ctmdp"};
const std::vector<std::string> trace_systems{"silent",        "paceline", "progressive",
                                             "vicidial_hard", "webitel",  "prototype"};
const std::vector<std::string> paceline_alone{"paceline"};  // Nobody else knows of such goals.
const std::vector<std::string> shared_systems{"paceline", "paceline_detect", "paceline_alone"};
const std::vector<std::string> quick_shared_systems{"paceline", "paceline_alone"};
const std::vector<std::string> service_level_systems{"paceline", "paceline_b"};

// Enough days for an interval of about 0.1 points.
int days_for(const Scenario& scenario, const Request& request) {
  if (request.days > 0) return request.days;
  const double agents = scenario.agents;
  const int days = static_cast<int>(request.effort * std::clamp(900 / agents, 12.0, 180.0));
  return std::max(2, request.quick ? days / 15 : days);
}

std::vector<std::string> systems_for(const Scenario& scenario, const Request& request) {
  if (!request.systems.empty()) return request.systems;
  if (scenario.trace) return trace_systems;
  if (scenario.busy_goal || scenario.judged_days > 0) return paceline_alone;
  if (scenario.service_level_s > 0) return service_level_systems;
  return request.quick ? quick_systems : usual_systems;
}

std::optional<paceline::test::Trace> read_trace(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (path.empty() || !file) {
    std::printf("# trace skipped: %s\n",
                path.empty() ? "no --trace FILE given" : ("cannot read " + path).c_str());
    return std::nullopt;
  }
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  auto trace = paceline::test::parse_trace(text);
  if (trace) return std::move(trace).value();
  std::printf("# trace skipped: %s: %s\n", path.c_str(), trace.error().detail.c_str());
  return std::nullopt;
}

void fit_to_trace(Scenario& scenario, const paceline::test::Trace& trace) {
  scenario.trace = &trace;
  scenario.handle_s = trace.mean_service_s;
  scenario.patience_s = trace.mean_patience_s;
}

bool wanted(const Scenario& scenario, const Request& request) {
  const auto same = [&](double goal) { return std::abs(goal - 100 * scenario.goal) < 0.01; };
  return request.goals.empty() || std::any_of(request.goals.begin(), request.goals.end(), same);
}

/// One row to be measured.
struct Cell {
  Scenario scenario;
  std::string system;
  std::optional<SharedScenario> shared{};  // Its agents serve several targets.
};

constexpr int most_agents_of_sweep =
    100;  // A larger centre of shared agents takes hours: by its name.

void add_shared(const Request& request, std::vector<Cell>& cells) {
  const auto& usual = request.quick ? paceline::test::quick_shared_scenario_names()
                                    : paceline::test::shared_scenario_names();
  for (const std::string& name : request.scenarios.empty() ? usual : request.scenarios)
    for (SharedScenario& shared : paceline::test::shared_scenarios_named(name)) {
      if (!request.agents.empty() && std::find(request.agents.begin(), request.agents.end(),
                                               shared.base.agents) == request.agents.end())
        continue;
      if (!wanted(shared.base, request)) continue;
      if (request.scenarios.empty() && shared.base.agents > most_agents_of_sweep) continue;
      if (request.hours > 0) shared.base.day_h = request.hours;
      const auto& systems = request.quick ? quick_shared_systems : shared_systems;
      for (const std::string& system : request.systems.empty() ? systems : request.systems)
        if (std::find(shared_systems.begin(), shared_systems.end(), system) != shared_systems.end())
          cells.push_back({shared.base, system, shared});
    }
}

std::vector<Cell> cells_of(const Request& request,
                           const std::optional<paceline::test::Trace>& trace) {
  std::vector<Cell> cells;
  for (const std::string& name :
       request.scenarios.empty() ? paceline::test::scenario_names() : request.scenarios) {
    if (name == "trace" && !trace) continue;
    for (Scenario& scenario :
         paceline::test::scenarios_named(name, request.agents, request.quick)) {
      if (!wanted(scenario, request)) continue;
      if (name == "trace") fit_to_trace(scenario, *trace);
      if (request.hours > 0 && scenario.phases.empty() && !scenario.trace)
        scenario.day_h = request.hours;
      for (const std::string& system : systems_for(scenario, request)) {
        if (request.quick && system == "ctmdp" && scenario.agents > 10) continue;
        cells.push_back({scenario, system});
      }
    }
  }
  add_shared(request, cells);
  return cells;
}

/// Measures the cells by `jobs` threads, and prints each row as soon as those before it are there.
std::vector<Row> measure_all(const std::vector<Cell>& cells, const Request& request) {
  std::vector<std::optional<Row>> rows(cells.size());
  std::mutex mutex;
  std::size_t next = 0;
  std::size_t printed = 0;
  std::exception_ptr failure;
  const auto work = [&] {
    for (;;) {
      std::unique_lock lock{mutex};
      if (next == cells.size() || failure) return;
      const std::size_t at = next++;
      lock.unlock();
      try {
        const Cell& cell = cells[at];
        const int days = days_for(cell.scenario, request);
        Row row =
            cell.shared
                ? paceline::test::measure_shared(*cell.shared, cell.system, days, request.seed)
                : paceline::test::measure(cell.scenario, cell.system, days, request.seed);
        lock.lock();
        rows[at] = std::move(row);
      } catch (...) {
        lock.lock();
        failure = std::current_exception();
      }
      for (; printed < rows.size() && rows[printed]; ++printed)
        std::fputs(paceline::test::table_line(*rows[printed]).c_str(), stdout);
      std::fflush(stdout);
    }
  };
  std::vector<std::thread> others;
  for (int job = 1; job < request.jobs; ++job) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  if (failure) std::rethrow_exception(failure);
  std::vector<Row> all;
  for (auto& row : rows) all.push_back(std::move(*row));
  return all;
}

int run(const Request& request) {
  std::optional<paceline::test::Trace> trace;
  const auto& names = request.scenarios;
  if (names.empty() || std::find(names.begin(), names.end(), "trace") != names.end())
    trace = read_trace(request.trace_file);
  std::fputs(paceline::test::table_head().c_str(), stdout);
  const std::vector<Row> rows = measure_all(cells_of(request, trace), request);
  std::vector<Row> trace_rows;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(trace_rows),
               [](const Row& row) { return row.scenario == "trace"; });
  if (!trace_rows.empty())
    std::printf("\noccupancy %% by hour of day\n%s",
                paceline::test::hours_table(trace_rows).c_str());

  const std::filesystem::path path{request.json_file};
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
  std::ofstream json{path, std::ios::binary | std::ios::trunc};
  json << paceline::test::json_of(rows);
  json.close();
  if (!json) {
    std::fprintf(stderr, "bench_pacing: cannot write %s\n", request.json_file.c_str());
    return 1;
  }
  std::printf("\nrows: %zu, written to %s\n", rows.size(), request.json_file.c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Request request;
  CLI::App app{"Occupancy at achieved abandonment: Paceline, the baselines and the bounds."};
  std::vector<std::string> names = paceline::test::scenario_names();
  names.insert(names.end(), paceline::test::shared_scenario_names().begin(),
               paceline::test::shared_scenario_names().end());
  app.add_option("--scenario", request.scenarios, "Only these")->check(CLI::IsMember(names));
  app.add_option("--system", request.systems, "Only these");
  app.add_option("--agents", request.agents, "Only these sizes")->check(CLI::Range(1, 2000));
  app.add_option("--goal", request.goals, "Only these goals, in percent");
  app.add_option("--hours", request.hours, "Length of a day")->check(CLI::Range(0.1, 24.0));
  app.add_option("--days", request.days, "Days a cell")->check(CLI::Range(1, 100000));
  app.add_option("--effort", request.effort, "Times the usual number of days")
      ->check(CLI::Range(0.01, 100.0));
  app.add_option("--seed", request.seed, "Of all chance");
  app.add_option("--trace", request.trace_file, "CSV of a real month, for the scenario `trace`");
  app.add_option("--json", request.json_file, "Where the rows go");
  app.add_option("--jobs", request.jobs, "Cells measured side by side")->check(CLI::Range(1, 64));
  app.add_flag("--quick", request.quick, "A look in under a minute");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(request);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_pacing: %s\n", error.what());
    return 1;
  }
}
