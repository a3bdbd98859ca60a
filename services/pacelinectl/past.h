// What watch tells of the past, read back: series of a target, events.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace paceline::pacelinectl {

struct HistoryAnswer {
  std::string target;
  std::vector<std::string> columns;            // Without the first, which is time_ms.
  std::vector<std::int64_t> times_ms;          // [ms since 1970]
  std::vector<std::vector<std::string>> rows;  // As many cells as columns; numbers as they came.
};

/// GET /api/v1/targets/ID/history.
///   errors   bad_value: not JSON, no columns and rows, or a row of another length
Result<HistoryAnswer> parse_history(std::string_view json);

struct EventAnswer {
  std::uint64_t number = 0;
  std::string time;
  std::string kind;
  std::string severity;  // good, notice, bad.
  std::string subject;
  std::string detail;
};

struct EventsAnswer {
  std::uint64_t last = 0;  // The newest there is.
  std::vector<EventAnswer> events;
};

/// GET /api/v1/events.
///   errors   bad_value: not JSON, or no list of events
Result<EventsAnswer> parse_events(std::string_view json);

}  // namespace paceline::pacelinectl
