// A real month of calls as a source of reactive traffic: arrivals,
// service times, patience, staffing. The file's columns: day,
// vru_entry_s, vru_s, type, priority, queue_s, outcome, service_s, agent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace paceline::test {

struct TraceCall {
  double at_s = 0;        // [s since midnight] joins the queue.
  double service_s = 0;   // [s] 0 = unknown (the caller left).
  double patience_s = 0;  // [s] exact if `left`; else the wait that was borne at least.
  bool left = false;
};

/// From `at_s` on, `agents` people are at work.
struct TraceStaff {
  double at_s = 0;
  int agents = 0;
};

struct TraceDay {
  int day = 0;                    // [1..31]
  std::vector<TraceCall> calls;   // By at_s.
  std::vector<TraceStaff> staff;  // By at_s; starts with the first at work, ends with 0 agents.
};

struct Trace {
  std::vector<TraceDay> days;
  std::vector<double> services_s;  // Every known service time, to draw from.
  double mean_service_s = 0;
  double mean_patience_s = 0;  // Total wait over abandonments (exponential, censored).
};

/// Reads the CSV text. Days with fewer than 200 calls are left out: nobody would pace them.
///
///   errors   bad_value: a line lacks columns or holds no number; names the line
///   cost     O(lines log lines)
Result<Trace> parse_trace(std::string_view text);

}  // namespace paceline::test
