#include "services/pacelinectl/top_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "common/base/url.h"
#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

using Key = KeyPress::Key;

struct Column {
  const char* heading;
  const char* sort;  // watch's word.
  int width;
  bool right;
};

constexpr std::array<Column, 13> columns = {{{"TARGET", "id", 16, false},
                                             {"CHANNEL", "channel", 9, false},
                                             {"STATE", "state", 8, false},
                                             {"REASON", "reason", 17, false},
                                             {"GRANT", "proactive", 6, true},
                                             {"PEND", "pending", 5, true},
                                             {"AGENTS", "logged_in", 7, true},
                                             {"READY", "ready", 6, true},
                                             {"BUSY", "busy", 5, true},
                                             {"QUEUE", "in_queue", 6, true},
                                             {"ACCEPT%", "acceptance", 8, true},
                                             {"ABAND%", "abandonment", 7, true},
                                             {"GOAL%", "", 5, true}}};

constexpr std::array<const char*, 5> states = {"", "ok", "degraded", "stale", "disabled"};

constexpr std::size_t longest_search = 60;

constexpr const char* keys =
    "q quit   s S sort   r turn   f state   / search   arrows pages scroll   h keys";

std::size_t head_lines(std::size_t nodes) {
  return 5 + nodes;  // Headline, nodes, sums, statistics, problem or nothing, headings.
}

std::size_t fitting_rows(Screen::Size size, std::size_t nodes) {
  const auto taken = head_lines(nodes) + 1;  // The last line.
  const auto rows = static_cast<std::size_t>(std::max(size.rows, 1));
  return rows > taken ? rows - taken : 0;
}

std::string node_line(const NodeAnswer& node, bool colour) {
  const Colour shade = node.role == NodeRole::master ? Colour::good
                       : node.role == NodeRole::down ? Colour::bad
                                                     : Colour::none;
  std::string line = fmt::format("  {:<8} ", printable(node.name)) +
                     coloured(fmt::format("{:<8}", to_string(node.role)), shade, colour);
  if (node.role == NodeRole::down)
    return line + " heard " + readable_seconds(node.heard_s) + " ago";
  if (node.publisher != "none") line += fmt::format(" publisher {:<5}", printable(node.publisher));
  if (node.publication && node.publication->report.round_trip_ms > 0) {
    const PublicationReport& report = node.publication->report;
    line +=
        "  round trip " +
        coloured(fmt::format("{:.0f} of {:.0f} ms", report.round_trip_ms, report.period_ms),
                 node.publication->round_trip_share > 0.5 ? Colour::warn : Colour::none, colour) +
        fmt::format("  {} {} ago", to_string(report.outcome),
                    readable_seconds(report.since_accepted_s));
  }
  return line;
}

std::string percent(double share) {
  return fmt::format("{:.1f}", 100 * share);
}

std::string row_line(const TargetAnswer& target, int width, bool colour) {
  const TargetPace& pace = target.pace;
  const std::array<std::string, columns.size()> cells = {
      printable(target.id),           printable(target.channel),      to_string(pace.state),
      to_string(pace.reason),         std::to_string(pace.proactive), std::to_string(pace.pending),
      std::to_string(pace.logged_in), std::to_string(pace.ready),     std::to_string(pace.busy),
      std::to_string(pace.in_queue),  percent(pace.acceptance),       percent(pace.abandonment),
      std::to_string(pace.goal)};
  std::string line;
  int used = 0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    used += columns[i].width + (i == 0 ? 0 : 1);
    if (used > width) break;
    Colour shade = Colour::none;
    if (i == 2 && pace.state == PaceState::stale) shade = Colour::bad;
    if (i == 2 && pace.state == PaceState::degraded) shade = Colour::warn;
    if (i == 4 && pace.proactive > 0) shade = Colour::good;
    line += (i == 0 ? "" : " ") +
            coloured(fitted(cells[i], columns[i].width, columns[i].right), shade, colour);
  }
  return line;
}

std::string headings(const TopView& view, int width, bool colour) {
  std::string line;
  int used = 0;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    used += columns[i].width + (i == 0 ? 0 : 1);
    if (used > width) break;
    const bool sorted = view.sort == i;
    const std::string mark = !sorted ? "" : view.descending ? "v" : "^";
    line +=
        (i == 0 ? "" : " ") + fitted(mark + columns[i].heading, columns[i].width, columns[i].right);
  }
  return coloured(fitted(line, width, false), Colour::reverse, colour);
}

std::string last_line(const TopView& view, std::size_t shown, int width) {
  if (view.typing) return fitted("search: " + view.search + "_   (enter, escape)", width, false);
  if (view.help) return fitted(keys, width, false);
  std::string text = fmt::format("{}-{} of {}", shown == 0 ? 0 : view.offset + 1,
                                 view.offset + shown, view.matching);
  if (view.state > 0) text += fmt::format("   state {}", states[view.state]);
  if (!view.search.empty()) text += fmt::format("   search '{}'", printable(view.search));
  return fitted(text + "   q quit, h keys", width, false);
}

/// The lines above the table: the cluster, its nodes, its sums.
std::vector<std::string> head(const StatusAnswer& status, const std::string& time, bool colour) {
  const std::string master =
      status.master.empty()
          ? coloured("nobody is master", Colour::bad, colour)
          : coloured(printable(status.master) + " is master", Colour::good, colour);
  std::vector<std::string> lines = {fmt::format(
      "cluster {}: {}, term {}   {}", printable(status.cluster), master, status.term, time)};
  for (const NodeAnswer& node : status.nodes) lines.push_back(node_line(node, colour));
  lines.push_back(fmt::format("targets {}: {} granted now, {} outstanding; {} of {} agents busy",
                              status.targets, status.totals.proactive, status.totals.pending,
                              status.totals.busy, status.totals.logged_in));
  lines.push_back(statistics_line(status.statistics));
  return lines;
}

// What ails the screen itself, else the worst cause, and how many more there are.
std::string notice_line(const StatusAnswer& status, const std::string& problem, int width,
                        bool colour) {
  std::string notice = problem;
  Colour shade = Colour::bad;
  if (notice.empty() && !status.causes.empty()) {
    const CauseAnswer& worst = status.causes.front();
    const auto more = status.causes.size() - 1;
    notice = fmt::format("{}{} -> {}", more == 0 ? "" : fmt::format("(1 of {}) ", more + 1),
                         worst.cause, worst.remedy);
    if (worst.weight != CauseWeight::stops) shade = Colour::warn;
  } else if (notice.empty() && !status.not_ready_because.empty()) {
    notice = "not ready: " + status.not_ready_because.front();
  }
  return coloured(fitted(printable(notice), width, false), shade, colour);
}

void scroll(TopView& view, std::int64_t rows) {
  const auto most =
      static_cast<std::int64_t>(view.matching > view.page ? view.matching - view.page : 0);
  const std::int64_t to = static_cast<std::int64_t>(view.offset) + rows;
  view.offset = static_cast<std::size_t>(std::clamp<std::int64_t>(to, 0, most));
}

void type_search(TopView& view, const KeyPress& press) {
  if (press.key == Key::character && view.search.size() < longest_search)
    view.search += press.character;
  if (press.key == Key::backspace && !view.search.empty()) view.search.pop_back();
  if (press.key == Key::escape) view.search.clear();
  if (press.key == Key::escape || press.key == Key::enter) view.typing = false;
  view.offset = 0;
}

/// False: to end.
bool letter_key(TopView& view, char letter) {
  constexpr std::size_t sorts = columns.size() - 1;  // Nothing sorts by the goal.
  switch (letter) {
    case 'q':
      return false;
    case 's':
    case '>':
      view.sort = (view.sort + 1) % sorts;
      break;
    case 'S':
    case '<':
      view.sort = (view.sort + sorts - 1) % sorts;
      break;
    case 'r':
      view.descending = !view.descending;
      break;
    case 'f':
      view.state = (view.state + 1) % states.size();
      view.offset = 0;
      break;
    case '/':
      view.search.clear();
      view.typing = true;
      break;
    case 'h':
    case '?':
      view.help = !view.help;
      break;
    case 'j':
      scroll(view, 1);
      break;
    case 'k':
      scroll(view, -1);
      break;
    default:
      break;
  }
  return true;
}

}  // namespace

std::string top_query(const TopView& view, Screen::Size size, std::size_t nodes) {
  std::string path =
      fmt::format("/api/v1/targets?offset={}&limit={}&sort={}{}", view.offset,
                  fitting_rows(size, nodes), view.descending ? "-" : "", columns[view.sort].sort);
  if (view.state > 0) path += fmt::format("&state={}", states[view.state]);
  if (!view.search.empty()) path += "&q=" + percent_encoded(view.search);
  return path;
}

std::string top_frame(TopView& view, const StatusAnswer& status, const TargetsAnswer& targets,
                      const std::string& problem, const std::string& time, Screen::Size size,
                      bool colour) {
  view.page = std::max<std::size_t>(fitting_rows(size, status.nodes.size()), 1);
  view.matching = targets.matching;
  const int width = std::max(size.columns, 1);
  std::vector<std::string> lines = head(status, time, colour);
  lines.push_back(notice_line(status, problem, width, colour));
  lines.push_back(headings(view, width, colour));
  const std::size_t shown = std::min(targets.targets.size(), view.page);
  for (std::size_t i = 0; i < shown; ++i)
    lines.push_back(row_line(targets.targets[i], width, colour));
  const auto rows = static_cast<std::size_t>(std::max(size.rows, 1));
  lines.resize(rows - 1);  // A short list is filled, a small screen cut; the last line stays.
  lines.push_back(last_line(view, shown, width));
  return fmt::format("{}", fmt::join(lines, "\n"));
}

bool top_key(TopView& view, const KeyPress& press) {
  if (press.key == Key::stop) return false;
  if (view.typing) {
    type_search(view, press);
    return true;
  }
  if (press.key == Key::up) scroll(view, -1);
  if (press.key == Key::down) scroll(view, 1);
  if (press.key == Key::page_up) scroll(view, -static_cast<std::int64_t>(view.page));
  if (press.key == Key::page_down) scroll(view, static_cast<std::int64_t>(view.page));
  if (press.key == Key::home) view.offset = 0;
  if (press.key == Key::end) scroll(view, static_cast<std::int64_t>(view.matching));
  if (press.key == Key::escape) view.search.clear();
  return press.key != Key::character || letter_key(view, press.character);
}

}  // namespace paceline::pacelinectl
