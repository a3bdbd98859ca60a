// What the operating system knows of this process, by the names that Prometheus' own clients use,
// which build it is, and how long its loop was busy with one thing while others waited.
//
//   ProcessMetrics process_metrics{metrics, loop, log}; // looks every two seconds
#pragma once

#include "common/base/metrics.h"
#include "common/ports/log.h"
#include "common/runtime/loop.h"

namespace paceline {

class ProcessMetrics {
 public:
  /// Warns `descriptors_low` while four fifths of the open files that are allowed are open.
  ProcessMetrics(Metrics& metrics, Loop& loop, Log& log);
  ~ProcessMetrics();
  ProcessMetrics(const ProcessMetrics&) = delete;
  ProcessMetrics& operator=(const ProcessMetrics&) = delete;

 private:
  void look();

  Loop& loop_;
  Counter& cpu_seconds_;
  Gauge& resident_bytes_;
  Gauge& open_files_;
  Gauge& most_files_;
  Histogram& turns_;
  FaultLog low_;
  TimerId timer_ = 0;
};

/// Passes events on and counts them by level, also those that the log's level leaves out.
class CountedLog final : public Log {
 public:
  CountedLog(Log& log, Metrics& metrics);

  void write(LogLevel level, std::string_view event, std::span<const LogField> fields) override;
  void set_level(LogLevel least) override { log_.set_level(least); }

 private:
  Log& log_;
  Counter& info_;
  Counter& warn_;
  Counter& error_;
};

}  // namespace paceline
