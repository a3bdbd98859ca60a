// What watch answers over HTTP, as the structures it was written from (common/wire/answers.h). Any bytes give a value
// or an error.
#pragma once

#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/wire/answers.h"
#include "common/wire/control.h"

namespace paceline::pacelinectl {

/// GET /api/v1/status.
///   errors   as json_read(), "not a status: "
Result<StatusAnswer> parse_status(std::string_view json);

/// GET /api/v1/targets.
///   errors   as json_read(), "not a list of targets: "
Result<TargetsAnswer> parse_targets_answer(std::string_view json);

/// GET /api/v1/targets/ID/explain.
///   errors   as json_read(), "not an explanation: "
Result<Explanation> parse_explanation(std::string_view json);

/// "stops     node b gets no access token: ... -> check client_id ...", without its line's end.
std::string cause_line(const CauseAnswer& cause, bool colour);

/// "statistics: primary, not fresh, 3 targets not visible"
std::string statistics_line(const StatisticsAnswer& statistics);

/// The sentence in a problem+json body; the body itself, cut short, if it is something else.
std::string problem_detail(std::string_view body);

}  // namespace paceline::pacelinectl
