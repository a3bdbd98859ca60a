#include "tests/bench/trace.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

namespace paceline::test {
namespace {

constexpr double break_s = 1800;  // An agent without a call for longer than that was not at work.
constexpr std::size_t smallest_day = 200;
constexpr double day_s = 86400;

struct Row {
  int day = 0;
  TraceCall call;
  std::string agent;
  bool phantom = false;
};

Result<double> number(std::string_view text, int line) {
  if (text.empty()) return 0.0;
  double value = 0;
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end)
    return fail("line " + std::to_string(line) + ": not a number: " + std::string{text});
  return value;
}

Result<Row> parse_row(std::string_view text, int line) {
  std::array<std::string_view, 9> column;
  for (std::size_t i = 0; i < column.size(); ++i) {
    const auto comma = text.find(',');
    if (comma == text.npos && i + 1 < column.size())
      return fail("line " + std::to_string(line) + ": fewer than 9 columns");
    column[i] = text.substr(0, comma);
    text = comma == text.npos ? std::string_view{} : text.substr(comma + 1);
  }
  Row row;
  row.day = static_cast<int>(TRY(number(column[0], line)));
  row.call.at_s = TRY(number(column[1], line))
  +TRY(number(column[2], line));
  row.call.patience_s = std::max(0.0, TRY(number(column[5], line)));
  row.call.left = column[6] == "HANG";
  row.phantom = column[6] == "PHANTOM";
  row.call.service_s = row.call.left ? 0.0 : std::max(0.0, TRY(number(column[7], line)));
  row.agent = std::string{column[8]};
  return row;
}

// Agents at work: from the start of a first call to the end of a last one, breaks taken out.
std::vector<TraceStaff> staff_of(const std::vector<Row>& rows) {
  std::map<std::string, std::vector<std::pair<double, double>>> calls;
  for (const Row& row : rows) {
    if (row.agent.empty() || row.call.left) continue;
    const double from = row.call.at_s + row.call.patience_s;
    if (from < day_s)
      calls[row.agent].emplace_back(from, std::min(from + row.call.service_s, day_s - 1));
  }
  std::map<double, int> changes;
  for (auto& [agent, spans] : calls) {
    std::sort(spans.begin(), spans.end());
    double from = spans.front().first;
    double to = spans.front().second;
    for (const auto& span : spans) {
      if (span.first > to + break_s) {
        ++changes[from];
        --changes[to];
        from = span.first;
      }
      to = std::max(to, span.second);
    }
    ++changes[from];
    --changes[to];
  }
  std::vector<TraceStaff> staff;
  int agents = 0;
  for (const auto& [at, change] : changes) staff.push_back({at, agents += change});
  return staff;
}

}  // namespace

Result<Trace> parse_trace(std::string_view text) {
  std::map<int, std::vector<Row>> rows;
  int line = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto row_text = text.substr(0, end);
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    if (!row_text.empty() && row_text.back() == '\r') row_text.remove_suffix(1);
    if (++line == 1 || row_text.empty()) continue;  // The first line names the columns.
    Row row = TRY(parse_row(row_text, line));
    const bool in_day = row.call.at_s < day_s;
    if (!row.phantom && in_day) rows[row.day].push_back(std::move(row));
  }

  Trace trace;
  double service_sum = 0;
  double wait_sum = 0;
  double left = 0;
  for (auto& [day, list] : rows) {
    if (list.size() < smallest_day) continue;
    std::stable_sort(list.begin(), list.end(),
                     [](const Row& a, const Row& b) { return a.call.at_s < b.call.at_s; });
    TraceDay& one = trace.days.emplace_back();
    one.day = day;
    one.staff = staff_of(list);
    for (const Row& row : list) {
      if (row.call.left && row.call.patience_s <= 0) continue;  // Left in the voice response unit.
      one.calls.push_back(row.call);
      wait_sum += row.call.patience_s;
      left += row.call.left;
      if (row.call.service_s <= 0) continue;
      trace.services_s.push_back(row.call.service_s);
      service_sum += row.call.service_s;
    }
  }
  if (trace.services_s.empty()) return fail("no day with enough calls");
  trace.mean_service_s = service_sum / static_cast<double>(trace.services_s.size());
  trace.mean_patience_s = left > 0 ? wait_sum / left : 0;
  return trace;
}

}  // namespace paceline::test
