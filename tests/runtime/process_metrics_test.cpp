#include "common/runtime/process_metrics.h"

#include <sys/resource.h>

#include <numeric>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/real_loop.h"
#include "tests/support/sim_world.h"

namespace paceline::test {
namespace {

double value_of(const Metrics& metrics, const std::string& name, const std::string& label = "") {
  for (const auto& family : metrics.snapshot())
    if (family.name == name)
      for (const auto& sample : family.samples)
        if (label.empty() || sample.labels.at(0).second == label) return sample.value;
  FAIL(name << " " << label << " is not there");
  return 0;
}

const Histogram& turns_of(Metrics& metrics) {
  return metrics.histogram("paceline_loop_turn_seconds", "", {});
}

}  // namespace

TEST_CASE("events are counted by level, also those that the level leaves out", "[runtime]") {
  SimWorld sim{1};
  Log& lines = sim.process({"a", "pacer", 0}).log;
  Metrics metrics;
  CountedLog log{lines, metrics};
  log.set_level(LogLevel::error);

  log.debug("one");
  for (int i = 0; i < 2; ++i) log.info("two");
  for (int i = 0; i < 3; ++i) log.warn("three");
  for (int i = 0; i < 4; ++i) log.error("four");

  CHECK(value_of(metrics, "paceline_log_events_total", "info") == 2);
  CHECK(value_of(metrics, "paceline_log_events_total", "warn") == 3);
  CHECK(value_of(metrics, "paceline_log_events_total", "error") == 4);
  CHECK(sim.count("four") == 4);
}

TEST_CASE("a process shows what the system knows of it, by the usual names", "[runtime]") {
  SimWorld sim{1};
  Log& log = sim.process({"a", "pacer", 0}).log;
  Metrics metrics;
  Loop loop;
  const ProcessMetrics process_metrics{metrics, loop, log};

  CHECK(value_of(metrics, "paceline_build_info") == 1);
  CHECK(value_of(metrics, "process_start_time_seconds") > 1.7e9);
  CHECK(value_of(metrics, "process_cpu_seconds_total") > 0);
  CHECK(value_of(metrics, "process_resident_memory_bytes") > 1e6);
  CHECK(value_of(metrics, "process_open_fds") > 3);
  CHECK(value_of(metrics, "process_max_fds") > value_of(metrics, "process_open_fds"));
  CHECK(sim.count("descriptors_low") == 0);
}

TEST_CASE("how long a turn of the loop took is counted, the waiting apart", "[runtime]") {
  SimWorld sim{1};
  Metrics metrics;
  Loop loop;
  const ProcessMetrics process_metrics{metrics, loop, sim.process({"a", "pacer", 0}).log};
  const auto turns = [&](std::size_t from) {  // That took at least the bucket's lower bound.
    const auto& counts = turns_of(metrics).counts();
    return std::accumulate(counts.begin() + static_cast<std::ptrdiff_t>(from), counts.end(), 0);
  };

  loop.after(30ms, [] {});
  loop.run_once(20ms);  // It waits, and nothing takes time.
  CHECK(turns(0) == 1);

  loop.after(0ms, [] { std::this_thread::sleep_for(25ms); });
  loop.run_once(0ms);
  CHECK(turns(0) == 2);
  CHECK(turns(3) >= 1);  // Over 20 ms.
}

TEST_CASE("open files that run out are told once", "[runtime]") {
  SimWorld sim{1};
  Log& log = sim.process({"a", "pacer", 0}).log;
  Metrics metrics;
  Loop loop;
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  {
    const ProcessMetrics enough{metrics, loop, log};
    const auto open = static_cast<rlim_t>(value_of(metrics, "process_open_fds"));
    CHECK(sim.count("descriptors_low") == 0);
    const rlimit few{open + 1, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
  }
  const ProcessMetrics low{metrics, loop, log};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);

  CHECK(sim.count("descriptors_low") == 1);
}

}  // namespace paceline::test
