// What watch tells of the past, as the structures it was written from (common/wire/past_answers.h).
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/wire/past_answers.h"

namespace paceline::pacelinectl {

/// GET /api/v1/targets/ID/history. The first column is time_ms, and every row has a cell a column.
///   errors   as json_read(), "not a history: "; bad_value: a row or column that is not so
Result<HistoryAnswer> parse_history(std::string_view json);

/// When a row of a history was. [ms since 1970]
std::int64_t time_ms(const std::vector<HistoryCell>& row);

/// A number as it came, a word, "" for none.
std::string cell_text(const HistoryCell& cell);

/// GET /api/v1/targets/ID/compliance.
///   errors   as json_read(), "not a compliance record: "
Result<ComplianceAnswer> parse_compliance(std::string_view json);

/// GET /api/v1/events.
///   errors   as json_read(), "not a list of events: "
Result<EventsAnswer> parse_events(std::string_view json);

}  // namespace paceline::pacelinectl
