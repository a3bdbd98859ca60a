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
  for (const std::string& column : history.columns) text += "," + csv_cell(column);
  text += "\n";
  for (std::size_t i = 0; i < history.rows.size(); ++i) {
    text += utc_text(history.times_ms[i]);
    for (const std::string& value : history.rows[i]) text += "," + csv_cell(value);
    text += "\n";
  }
  return text;
}

std::string table(const HistoryAnswer& history) {
  std::vector<std::string> headings = {"TIME (UTC)"};
  for (std::string column : history.columns) {
    for (char& c : column) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    headings.push_back((column == "REASON" ? "" : ">") + printable(column));
  }
  TextTable rows{headings};
  for (std::size_t i = 0; i < history.rows.size(); ++i) {
    // "2026-11-25T03:00:00.123Z" -> "2026-11-25 03:00:00"
    std::string time = utc_text(history.times_ms[i]).substr(0, 19);
    std::ranges::replace(time, 'T', ' ');
    std::vector<std::string> cells = {time};
    for (const std::string& value : history.rows[i])
      cells.push_back(value.empty() ? "-" : printable(value));
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
