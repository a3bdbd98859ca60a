#include "services/pacelinectl/past.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/wire/json_reader.h"

namespace paceline::pacelinectl {

Result<HistoryAnswer> parse_history(std::string_view json) {
  auto history = json_read<HistoryAnswer>(json);
  if (!history) return fail("not a history: " + history.error().detail);
  if (history->columns.empty() || history->columns.front() != "time_ms")
    return fail("not a history: the first column is not time_ms");
  const bool fits = std::ranges::all_of(history->rows, [&](const auto& row) {
    return row.size() == history->columns.size() &&
           std::holds_alternative<std::int64_t>(row.front());
  });
  if (!fits) return fail("not a history: a row that does not fit the columns");
  return history;
}

std::int64_t time_ms(const std::vector<HistoryCell>& row) {
  return std::get<std::int64_t>(row.front());
}

std::string cell_text(const HistoryCell& cell) {
  if (std::holds_alternative<std::monostate>(cell)) return "";
  if (const auto* word = std::get_if<std::string>(&cell)) return *word;
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) return std::to_string(*whole);
  return fmt::format("{}", std::get<double>(cell));
}

Result<ComplianceAnswer> parse_compliance(std::string_view json) {
  auto record = json_read<ComplianceAnswer>(json);
  if (!record) return fail("not a compliance record: " + record.error().detail);
  return record;
}

Result<EventsAnswer> parse_events(std::string_view json) {
  auto events = json_read<EventsAnswer>(json);
  if (!events) return fail("not a list of events: " + events.error().detail);
  return events;
}

}  // namespace paceline::pacelinectl
