// Instants of the past as people write them: a UTC time, or how long ago.
//
// Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/base/result.h"
#include "services/watch/history.h"

namespace paceline::watch {

/// "2026-11-25T03:00:00Z" (the time or its seconds may be left out), "2026-11-25 03:00", whole
/// milliseconds since 1970, "now", "-90m" or "-30d".
///   returns  [ms since 1970, >= 0]
///   errors   bad_value: says which forms there are
Result<std::int64_t> parse_past_time(std::string_view text, std::int64_t now_ms);

/// "" stands for what API.md says: the last hour, in the step that suits it.
///   errors   bad_value, naming the word: not a time, not a duration, an end before its beginning
Result<HistoryQuery> parse_history_query(std::string_view from, std::string_view to,
                                         std::string_view step, std::int64_t now_ms);

}  // namespace paceline::watch
