// `history TARGET --from --to`: what watch kept of a target, as a table or CSV.
#include <fmt/format.h>

#include <algorithm>

#include "common/base/url.h"
#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/past.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string{"\"\""} : std::string{c};
  return out + "\"";
}

std::string csv(const HistoryAnswer& history) {
  std::string text = "time";
  for (std::size_t i = 1; i < history.columns.size(); ++i)
    text += "," + csv_cell(history.columns[i]);
  text += "\n";
  for (const auto& row : history.rows) {
    text += utc_text(time_ms(row));
    for (std::size_t i = 1; i < row.size(); ++i) text += "," + csv_cell(cell_text(row[i]));
    text += "\n";
  }
  return text;
}

std::string table(const HistoryAnswer& history) {
  std::vector<std::string> headings = {"TIME (UTC)"};
  for (std::size_t i = 1; i < history.columns.size(); ++i) {
    std::string column = history.columns[i];
    for (char& c : column) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    headings.push_back((column == "REASON" ? "" : ">") + printable(column));
  }
  TextTable rows{headings};
  for (const auto& row : history.rows) {
    // "2026-11-25T03:00:00.123Z" -> "2026-11-25 03:00:00"
    std::string time = utc_text(time_ms(row)).substr(0, 19);
    std::ranges::replace(time, 'T', ' ');
    std::vector<std::string> cells = {time};
    for (std::size_t i = 1; i < row.size(); ++i) {
      const std::string value = cell_text(row[i]);
      cells.push_back(value.empty() ? "-" : printable(value));
    }
    rows.add(std::move(cells));
  }
  return rows.text();
}

}  // namespace

Outcome command_history(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  std::string path =
      fmt::format("/api/v1/targets/{}/history", percent_encoded(request.arguments[0]));
  const char* separator = "?";
  for (const auto& [name, value] : request.filters) {
    path += fmt::format("{}{}={}", separator, name, percent_encoded(value));
    separator = "&";
  }
  const auto reply = ask_watch(*cluster, path, environment);
  if (!reply) return failed(exit_not_answered, reply.error().detail);
  const auto history = parse_history(reply->body);
  if (!history) return failed(exit_not_answered, "watch answered, but " + history.error().detail);
  if (request.json) return {.out = reply->body + "\n"};
  if (request.csv) return {.out = csv(*history)};
  return {.out = table(*history) + fmt::format("{} rows of {}\n", history->rows.size(),
                                               printable(request.arguments[0]))};
}

}  // namespace paceline::pacelinectl
