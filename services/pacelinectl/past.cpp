#include "services/pacelinectl/past.h"

#include <fmt/format.h>
#include <simdjson.h>

namespace paceline::pacelinectl {
namespace {

namespace dom = simdjson::dom;

std::string text(const dom::object& object, const char* key) {
  std::string_view value;
  return object[key].get(value) == simdjson::SUCCESS ? std::string{value} : std::string{};
}

/// A cell as it came: words without quotes, null as "".
std::string cell(const dom::element& element) {
  std::string_view word;
  if (element.get(word) == simdjson::SUCCESS) return std::string{word};
  if (element.is_null()) return {};
  std::int64_t whole = 0;
  if (element.get(whole) == simdjson::SUCCESS) return std::to_string(whole);
  double real = 0;
  if (element.get(real) == simdjson::SUCCESS) return fmt::format("{}", real);
  return simdjson::minify(element);
}

}  // namespace

Result<HistoryAnswer> parse_history(std::string_view json) {
  dom::parser parser;
  dom::object root;
  if (const auto error = parser.parse(simdjson::padded_string{json}).get(root))
    return fail(std::string{"not a history: "} + simdjson::error_message(error));
  dom::array columns;
  dom::array rows;
  if (root["columns"].get(columns) != simdjson::SUCCESS ||
      root["rows"].get(rows) != simdjson::SUCCESS)
    return fail("not a history: no columns or no rows");
  HistoryAnswer answer{.target = text(root, "target"), .columns = {}, .times_ms = {}, .rows = {}};
  for (const dom::element column : columns) answer.columns.push_back(cell(column));
  if (answer.columns.empty() || answer.columns.front() != "time_ms")
    return fail("not a history: the first column is not time_ms");
  answer.columns.erase(answer.columns.begin());
  for (const dom::element row : rows) {
    dom::array cells;
    std::int64_t time = 0;
    if (row.get(cells) != simdjson::SUCCESS || cells.size() != answer.columns.size() + 1 ||
        cells.at(0).get(time) != simdjson::SUCCESS)
      return fail("not a history: a row that does not fit the columns");
    answer.times_ms.push_back(time);
    auto& into = answer.rows.emplace_back();
    for (std::size_t i = 1; i < cells.size(); ++i) into.push_back(cell(cells.at(i).value()));
  }
  return answer;
}

Result<EventsAnswer> parse_events(std::string_view json) {
  dom::parser parser;
  dom::object root;
  if (const auto error = parser.parse(simdjson::padded_string{json}).get(root))
    return fail(std::string{"not a list of events: "} + simdjson::error_message(error));
  dom::array events;
  EventsAnswer answer;
  if (root["events"].get(events) != simdjson::SUCCESS ||
      root["last"].get(answer.last) != simdjson::SUCCESS)
    return fail("not a list of events: no member events or last");
  for (const dom::element event : events) {
    dom::object object;
    std::uint64_t number = 0;
    if (event.get(object) != simdjson::SUCCESS || object["number"].get(number) != simdjson::SUCCESS)
      continue;
    answer.events.push_back({.number = number,
                             .time = text(object, "time"),
                             .kind = text(object, "kind"),
                             .severity = text(object, "severity"),
                             .subject = text(object, "subject"),
                             .detail = text(object, "detail")});
  }
  return answer;
}

}  // namespace paceline::pacelinectl
