#include "common/runtime/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/runtime/system_clock.h"
#include "common/wire/messages.h"

namespace paceline {
namespace {

constexpr Duration look_period = 2s;
constexpr std::uint64_t steady = 30;  // Looks in a row that find enough, until it is over.
constexpr double low_share = 0.8;     // Of the files that may be open.

constexpr double turn_bounds_s[] = {0.001, 0.005, 0.02, 0.1, 0.5, 2};

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  double total = 0;
  double resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double open_files() {
  std::error_code error;
  const std::filesystem::directory_iterator files{"/proc/self/fd", error};
  return error ? 0 : static_cast<double>(std::distance(begin(files), end(files)));
}

double most_open_files() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

Counter& events(Metrics& metrics, LogLevel level) {
  return metrics.counter("paceline_log_events_total", "Events for the log, by level.",
                         {{"level", std::string{to_string(level)}}});
}

}  // namespace

ProcessMetrics::ProcessMetrics(Metrics& metrics, Loop& loop, Log& log)
    : loop_{loop},
      cpu_seconds_{
          metrics.counter("process_cpu_seconds_total", "User and system time of the processor.")},
      resident_bytes_{metrics.gauge("process_resident_memory_bytes", "Memory held in RAM.")},
      open_files_{metrics.gauge("process_open_fds", "Open files and sockets.")},
      most_files_{metrics.gauge("process_max_fds", "Open files and sockets that are allowed.")},
      turns_{metrics.histogram("paceline_loop_turn_seconds",
                               "One turn of the event loop, the waiting apart: how long everything "
                               "else waited for it.",
                               turn_bounds_s)},
      low_{log, "descriptors_low", steady} {
  metrics
      .gauge("paceline_build_info", "1; what runs is in the labels.",
             {{"version", PACELINE_VERSION}, {"wire", std::to_string(wire_version)}})
      .set(1);
  metrics.gauge("process_start_time_seconds", "When it started, since 1970.")
      .set(std::chrono::duration<double>(SystemClock{}.wall().time_since_epoch()).count());
  loop_.on_turn([this](Duration worked) { turns_.observe(to_seconds(worked)); });
  look();
  timer_ = loop_.every(look_period, [this] { look(); });
}

ProcessMetrics::~ProcessMetrics() {
  loop_.cancel(timer_);
  loop_.on_turn({});
}

void ProcessMetrics::look() {
  cpu_seconds_.add(std::max(0.0, cpu_seconds() - cpu_seconds_.value()));
  resident_bytes_.set(resident_bytes());
  const double open = open_files();
  const double most = most_open_files();
  open_files_.set(open);
  most_files_.set(most);
  if (open >= low_share * most)
    low_.bad(
        {{"open", static_cast<std::int64_t>(open)}, {"most", static_cast<std::int64_t>(most)}});
  else
    low_.good();
}

CountedLog::CountedLog(Log& log, Metrics& metrics)
    : log_{log},
      info_{events(metrics, LogLevel::info)},
      warn_{events(metrics, LogLevel::warn)},
      error_{events(metrics, LogLevel::error)} {
}

void CountedLog::write(LogLevel level, std::string_view event, std::span<const LogField> fields) {
  switch (level) {
    case LogLevel::debug:
      break;
    case LogLevel::info:
      info_.add();
      break;
    case LogLevel::warn:
      warn_.add();
      break;
    case LogLevel::error:
      error_.add();
      break;
  }
  log_.write(level, event, fields);
}

}  // namespace paceline
