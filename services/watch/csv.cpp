#include "services/watch/csv.h"

#include <fmt/format.h>

namespace paceline::watch {
namespace {

std::string quoted(std::string_view text) {
  std::string out{text};
  if (!out.empty() && std::string_view{"=+-@\t\r"}.find(out[0]) != std::string_view::npos)
    out.insert(out.begin(), '\'');
  if (out.find_first_of(",\"\r\n") == std::string::npos) return out;
  for (std::size_t at = 0; (at = out.find('"', at)) != std::string::npos; at += 2)
    out.insert(at, 1, '"');
  return '"' + out + '"';
}

}  // namespace

std::string history_csv(const HistorySeries& series) {
  std::string out = "time";
  for (const auto& column : history_columns) out += fmt::format(",{}", column.name);
  out += "\r\n";
  for (const auto& point : series.points) {
    out += format_utc_ms(point.key * series.step_ms);
    for (std::size_t c = 0; c < history::count; ++c)
      if (c == history::reason)
        out += fmt::format(",{}", to_string(static_cast<PaceReason>(point.values.at[c])));
      else
        out += fmt::format(",{:g}", point.values.get(static_cast<history::Column>(c)));
    out += "\r\n";
  }
  return out;
}

std::string events_csv(std::span<const Event> events) {
  std::string out = "number,time,kind,severity,subject,detail\r\n";
  for (const auto& event : events)
    out += fmt::format("{},{},{},{},{},{}\r\n", event.number, format_utc_ms(event.wall_ms),
                       quoted(event.kind), quoted(event.severity), quoted(event.subject),
                       quoted(event.detail));
  return out;
}

}  // namespace paceline::watch
