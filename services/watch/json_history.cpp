// The part of json.h that is about the past: history and events.
#include "common/wire/json_fields.h"
#include "common/wire/past_answers.h"
#include "services/watch/json.h"

namespace paceline::watch {
namespace {

HistoryCell cell(const HistoryValues& values, std::size_t column) {
  const std::int32_t kept = values.at[column];
  const int scale = history_columns[column].scale;
  if (column == history::reason) return to_string(static_cast<PaceReason>(kept));
  if (kept % scale == 0) return std::int64_t{kept / scale};
  return values.get(static_cast<history::Column>(column));
}

}  // namespace

std::string history_json(std::string_view name, const HistorySeries& series,
                         std::int64_t finest_ms) {
  HistoryAnswer answer{.target = std::string{name},
                       .from = utc_time(series.from_ms),
                       .to = utc_time(series.to_ms),
                       .step_s = series.step_ms / 1000,
                       .kept = {},
                       .columns = {"time_ms"},
                       .rows = {}};
  for (const auto& tier : history_tiers)
    answer.kept.push_back({.step_s = tier.factor * finest_ms / 1000,
                           .keep_s = tier.factor * finest_ms / 1000 * tier.keep});
  for (const auto& column : history_columns) answer.columns.emplace_back(column.name);
  answer.rows.reserve(series.points.size());
  for (const auto& point : series.points) {
    auto& row = answer.rows.emplace_back();
    row.reserve(answer.columns.size());
    row.emplace_back(point.key * series.step_ms);
    for (std::size_t c = 0; c < history::count; ++c) row.push_back(cell(point.values, c));
  }
  return json_text(answer);
}

std::string events_json(std::span<const Event> events, std::uint64_t last) {
  EventsAnswer answer{.last = last, .events = {}};
  for (const auto& event : events)
    answer.events.push_back({.number = event.number,
                             .time = utc_time(event.wall_ms),
                             .kind = event.kind,
                             .severity = event.severity,
                             .subject = event.subject,
                             .detail = event.detail});
  return json_text(answer);
}

}  // namespace paceline::watch
