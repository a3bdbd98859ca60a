#include "common/runtime/process_metrics.h"

#include <sys/resource.h>

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
