// A command that is asked of several clusters: of each under its name, or of the one whose target it is about.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "services/pacelinectl/cells.h"
#include "services/pacelinectl/check_list.h"
#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

using Run = Outcome (*)(const Request&, Environment&);

constexpr auto of_each =
    std::to_array<std::string_view>({"status", "targets", "events", "check", "wait"});
constexpr auto of_owner =
    std::to_array<std::string_view>({"explain", "history", "compliance", "what-if"});

bool is_one_of(std::span<const std::string_view> commands, std::string_view command) {
  return std::ranges::find(commands, command) != commands.end();
}

/// A cell with what it answered.
struct CellAnswer {
  const Cell* cell;
  Outcome outcome;
};

std::string title(const Cell& cell, bool colour) {
  return coloured(fmt::format("== {} ==", printable(cell.name)), Colour::bold, colour) + "\n";
}

// Of plugins 3 says that something is not known, which weighs less than a warning.
int heavier(int one, int other, bool is_plugin) {
  constexpr std::array<int, 4> weights = {0, 2, 3, 1};
  const auto weight = [&](int exit) {
    return is_plugin && exit >= 0 && exit < 4 ? weights[static_cast<std::size_t>(exit)] : exit;
  };
  return weight(other) > weight(one) ? other : one;
}

std::string errors_of(std::span<const CellAnswer> answers) {
  std::string text;
  for (const CellAnswer& each : answers)
    if (!each.outcome.error.empty())
      text += fmt::format("{}{}: {}", text.empty() ? "" : "\n", printable(each.cell->name),
                          each.outcome.error);
  return text;
}

std::string cells_json(std::span<const CellAnswer> answers, std::span<const CauseAnswer> causes) {
  nlohmann::ordered_json all{{"causes", nlohmann::json::array()},
                             {"clusters", nlohmann::json::array()}};
  for (const CauseAnswer& cause : causes)
    all["causes"].push_back({{"id", cause.id},
                             {"weight", to_string(cause.weight)},
                             {"cause", cause.cause},
                             {"remedy", cause.remedy}});
  for (const CellAnswer& each : answers) {
    nlohmann::ordered_json one{
        {"cluster", each.cell->name}, {"from", each.cell->where}, {"exit", each.outcome.exit}};
    auto answer = nlohmann::ordered_json::parse(each.outcome.out, nullptr, false);
    one["answer"] = answer.is_discarded() ? nlohmann::ordered_json{} : std::move(answer);
    one["error"] = each.outcome.error;
    all["clusters"].push_back(std::move(one));
  }
  return all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

// ---- status

int badness(const CellAnswer& each) {
  if (!each.cell->status) return 4;
  if (each.cell->status->causes.empty()) return each.cell->status->ready ? 0 : 1;
  return each.cell->status->causes.front().weight == CauseWeight::stops       ? 3
         : each.cell->status->causes.front().weight == CauseWeight::endangers ? 2
                                                                              : 1;
}

std::string overview(std::span<const CellAnswer> answers, bool colour) {
  TextTable table{
      {"CLUSTER", "MASTER", ">TERM", ">TARGETS", ">GRANTED", ">PENDING", "READY", "WORST"}};
  for (const CellAnswer& each : answers) {
    const std::string name = printable(each.cell->name);
    if (!each.cell->status) {
      table.add({name, "-", "-", "-", "-", "-", coloured("no", Colour::bad, colour),
                 printable(each.outcome.error)});
      continue;
    }
    const StatusAnswer& status = *each.cell->status;
    const std::string worst = status.causes.empty()
                                  ? "-"
                                  : fmt::format("{}: {}", to_string(status.causes.front().weight),
                                                status.causes.front().cause);
    table.add(
        {name, status.master.empty() ? "-" : printable(status.master), std::to_string(status.term),
         std::to_string(status.targets), std::to_string(status.totals.proactive),
         std::to_string(status.totals.pending),
         coloured(status.ready ? "yes" : "no", status.ready ? Colour::good : Colour::bad, colour),
         printable(worst)});
  }
  return table.text();
}

std::string status_of_all(std::vector<CellAnswer>& answers, bool colour) {
  std::ranges::stable_sort(answers, std::greater<>{}, badness);
  std::string text = overview(answers, colour);
  for (const CellAnswer& each : answers)
    if (each.cell->status)
      text += "\n" + title(*each.cell, colour) + status_text(*each.cell->status, colour);
  return text;
}

// ---- check --plugin

// As a plugin's figure may be called: without what parts it from its value and from the next one.
std::string label_of(const Cell& cell) {
  std::string label = on_one_line(cell.name);
  for (char& c : label)
    if (c == ' ' || c == '=' || c == '\'' || c == '?') c = '_';
  return label;
}

/// Of one line of a plugin what stands before the bar, and its figures with the cell's name before theirs.
std::pair<std::string, std::string> parted(const CellAnswer& each) {
  const std::string line = each.outcome.out.substr(0, each.outcome.out.find('\n'));
  const auto bar = line.rfind('|');
  if (bar == line.npos) return {line, ""};
  std::string figures;
  std::size_t at = bar + 1;
  while ((at = line.find_first_not_of(' ', at)) != line.npos) {
    const auto end = std::min(line.find(' ', at), line.size());
    figures += fmt::format(" {}_{}", label_of(*each.cell), line.substr(at, end - at));
    at = end;
  }
  return {line.substr(0, line.find_last_not_of(" |", bar) + 1), figures};
}

std::string plugin_of_all(std::span<const CellAnswer> answers, std::span<const CauseAnswer> causes,
                          int exit) {
  constexpr std::array<CheckState, 4> states = {CheckState::ok, CheckState::warning,
                                                CheckState::critical, CheckState::unknown};
  const auto word = [&](int code) {
    return word_of(code >= 0 && code < 4 ? states[static_cast<std::size_t>(code)]
                                         : CheckState::unknown);
  };
  std::vector<std::string> each_state;
  std::string figures;
  std::string rest;
  for (const CauseAnswer& cause : causes)
    rest += fmt::format("CRITICAL cells: {} -> {}\n", on_one_line(cause.cause), cause.remedy);
  for (const CellAnswer& each : answers) {
    const auto [said, numbers] = parted(each);
    each_state.push_back(
        fmt::format("{} {}", on_one_line(each.cell->name), word(each.outcome.exit)));
    figures += numbers;
    const auto more = each.outcome.out.find('\n');
    rest += said + "\n" + (more == std::string::npos ? "" : each.outcome.out.substr(more + 1));
  }
  return fmt::format("PACELINE {} - {} clusters: {}{}{}\n{}", word(exit), answers.size(),
                     fmt::join(each_state, ", "),
                     causes.empty() ? "" : "; " + on_one_line(causes.front().cause),
                     figures.empty() ? "" : " |" + figures, rest);
}

// ---- all of them

std::string causes_text(std::span<const CauseAnswer> causes, bool colour) {
  std::string text;
  for (const CauseAnswer& cause : causes) text += cause_line(cause, colour) + "\n";
  return text.empty() ? text : text + "\n";
}

/// What it answers; of a cell in whose place another one would answer, why not.
Outcome outcome_of(const Request& request, const Cell& cell, Run run, Environment& environment) {
  const int exit = request.plugin ? 3 : exit_not_answered;
  if (cell.is_another) return failed(exit, cell.obstacle);
  if (request.command != "status") return run(request, environment);
  return cell.status ? Outcome{.out = cell.status_body} : failed(exit, cell.obstacle);
}

std::vector<Cell> look_at_cells(std::span<const Request> requests,
                                const std::optional<std::string>& part, Environment& environment) {
  std::vector<Cell> cells;
  for (const Request& each : requests) cells.push_back(look_at_cell(each, part, environment));
  doubt_files_of_several(cells);
  return cells;
}

/// What some of the cells answered, each under its name, and what is wrong between all of them.
Outcome together(const Request& request, std::span<const Cell> cells,
                 std::vector<CellAnswer> answers) {
  const auto causes = causes_between(cells);
  Outcome outcome;
  outcome.error = errors_of(answers);
  for (const CellAnswer& each : answers)
    outcome.exit = heavier(outcome.exit, each.outcome.exit, request.plugin);
  if (!causes.empty() && request.command == "check")
    outcome.exit = heavier(outcome.exit, request.plugin ? 2 : exit_mistakes, request.plugin);
  if (request.plugin) {
    outcome.out = plugin_of_all(answers, causes, outcome.exit);
  } else if (request.json) {
    outcome.out = cells_json(answers, causes);
  } else if (request.ids) {
    for (const CellAnswer& each : answers) outcome.out += each.outcome.out;
  } else {
    outcome.out = causes_text(causes, request.colour);
    if (request.command == "status")
      outcome.out += status_of_all(answers, request.colour);
    else
      for (const CellAnswer& each : answers)
        outcome.out += title(*each.cell, request.colour) + each.outcome.out + "\n";
  }
  return outcome;
}

Outcome ask_each(const Request& request, std::span<const Request> requests, Run run,
                 Environment& environment) {
  const bool has_targets = request.command != "wait" && request.command != "events";
  const auto part = has_targets ? std::optional<std::string>{""} : std::nullopt;
  const auto cells = look_at_cells(requests, part, environment);
  std::vector<CellAnswer> answers;
  for (std::size_t i = 0; i < cells.size(); ++i)
    answers.push_back({&cells[i], outcome_of(requests[i], cells[i], run, environment)});
  return together(request, cells, std::move(answers));
}

/// The cells that pace it; where none does, those that have it.
std::vector<std::size_t> owners_of(const std::string& target, std::span<const Cell> cells) {
  std::vector<std::size_t> pacing;
  std::vector<std::size_t> holding;
  for (std::size_t i = 0; i < cells.size(); ++i)
    for (const CellTarget& each : cells[i].targets)
      if (each.id == target) (each.is_paced ? pacing : holding).push_back(i);
  return pacing.empty() ? holding : pacing;
}

/// Its pacers are asked if they are here; elsewhere its watch, as far as that knows.
Outcome outcome_of_owner(Request request, const Cell& cell, Run run, Environment& environment) {
  if (cell.is_another) return failed(exit_not_answered, cell.obstacle);
  if (is_cell_here(request, environment)) return run(request, environment);
  if (request.command == "what-if")
    return failed(exit_not_answered, "what-if asks a pacer: on a host of that cluster");
  request.by_watch = true;
  return run(request, environment);
}

Outcome ask_owner(const Request& request, std::span<const Request> requests, Run run,
                  Environment& environment) {
  const std::string& target = request.arguments[0];
  const auto cells = look_at_cells(requests, target, environment);
  const auto owners = owners_of(target, cells);
  if (owners.empty()) {
    std::vector<std::string> names;
    for (const Cell& cell : cells) names.push_back(printable(cell.name));
    return failed(exit_not_answered, fmt::format("none of the cells {} has a target {}, or it does "
                                                 "not answer",
                                                 fmt::join(names, ", "), printable(target)));
  }
  std::vector<CellAnswer> answers;
  for (const auto owner : owners)
    answers.push_back(
        {&cells[owner], outcome_of_owner(requests[owner], cells[owner], run, environment)});
  if (owners.size() > 1) {
    Outcome outcome = together(request, cells, std::move(answers));
    outcome.exit = exit_not_answered;
    return outcome;
  }
  Outcome outcome = std::move(answers[0].outcome);
  const Cell& owner = *answers[0].cell;
  if (!request.json && !request.csv && outcome.exit == exit_fine)
    outcome.out = title(owner, request.colour) + outcome.out;
  if (!outcome.error.empty()) outcome.error = printable(owner.name) + ": " + outcome.error;
  return outcome;
}

}  // namespace

Outcome run_in_cells(const Request& request, std::span<const Request> cells, Run run,
                     Environment& environment) {
  const bool is_each = is_one_of(of_each, request.command);
  if (!is_each && !is_one_of(of_owner, request.command))
    return failed(
        exit_usage,
        fmt::format("{} speaks of one cluster: name one topology; several are for {}, {} "
                    "and top",
                    request.command, fmt::join(of_each, ", "), fmt::join(of_owner, ", ")));
  if (request.follow)
    return failed(exit_usage, "events --follow goes on with one cluster: name one topology");
  if (request.command == "wait" && !request.arguments.empty())
    return failed(exit_usage, "wait NODE waits for a node of one cluster: name one topology");
  if (cells.size() > most_cells)
    return failed(exit_usage,
                  fmt::format("{} clusters at once, {} at most", cells.size(), most_cells));
  for (std::size_t i = 0; i < cells.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (cells[i].topology == cells[j].topology && cells[i].url == cells[j].url)
        return failed(exit_usage,
                      fmt::format("{} is named twice",
                                  cells[i].url.empty() ? cells[i].topology : cells[i].url));
  return is_each ? ask_each(request, cells, run, environment)
                 : ask_owner(request, cells, run, environment);
}

}  // namespace paceline::pacelinectl
