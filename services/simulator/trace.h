// A recorded month of calls, one row a call, read strictly; and one of its days as a centre.
//
//   Trace trace = TRY(parse_trace(text, "month.csv"));
//   CentreModel model = model_of(TRY(day_of(trace, 0)), 0, like, 10h);
//
// Columns: day,vru_entry_s,vru_s,type,priority,queue_s,outcome,service_s,agent
//   - A call reaches the queue at vru_entry_s + vru_s.
//   - PHANTOM rows are ignored.
//   - A HANG with queue_s = 0 ended in the voice response unit and never asked for an agent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "services/simulator/centre_model.h"

namespace paceline::simulator {

struct TraceCall {
  int day = 1;            // [1..31]
  std::int32_t at_s = 0;  // [s since midnight, 0..172800] when it reached the queue.
  std::string type;       // "PS", ...
  std::int32_t queue_s = 0;
  bool served = false;  // Else it was abandoned in the queue.
  std::int32_t service_s = 0;
  std::string agent;

  bool operator==(const TraceCall&) const = default;
};

struct Trace {
  std::vector<TraceCall> calls;  // In the file's order.
  std::size_t phantoms = 0;
  std::size_t ended_before_queue = 0;
};

///   errors   bad_value, naming FILE:LINE and the field; too_large: over 5,000,000 rows
Result<Trace> parse_trace(std::string_view text, std::string_view file);

/// The calls of one day, by arrival.
///   day      [0..31] 0 = the day with the most arrivals, which is a working day
///   errors   not_found: no call on that day
Result<std::vector<TraceCall>> day_of(const Trace& trace, int day);

/// The day as a centre. Each call arrives when it did, with its own service time, and its patience
/// if it gave up.
///
///   targets   0 = one for each call type; else calls go to that many targets by a hash of the call
///   like      what the day does not tell
///   staffing  hour by hour: an agent counts for the one group that took most of its service
///             seconds in calls that began in the hour; a group that served one has an agent
///   service   and patience of proactive interactions: the group's mean and cv on that day if it
///             has 30 served calls or more, else the whole day's
CentreModel model_of(const std::vector<TraceCall>& day, std::size_t targets, const GroupKind& like,
                     Duration start);

}  // namespace paceline::simulator
