// The targets file as separated values (csv_lines.h): read with every mistake of every row, in the
// words of the file, and written.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "common/base/ascii.h"
#include "common/base/nearest_word.h"
#include "common/base/utf8.h"
#include "topology/csv_lines.h"
#include "topology/target_fields.h"

namespace paceline {
namespace {

struct Column {
  std::string heading;    // As the file writes it.
  std::string_view name;  // Of the field or option; "" = none, so nothing may stand below it.
  bool needed = false;
};

Column column_of(std::string_view heading) {
  for (const TargetField& field : target_fields())
    if (same_word(field.name, heading)) return {std::string{heading}, field.name, field.needed};
  for (const PacingOption& option : pacing_options())
    if (same_word(option.name, heading)) return {std::string{heading}, option.name};
  return {std::string{heading}, {}};
}

// As set_target() wants what a spreadsheet shows: 5,0 for 5, TRUE for true.
std::string as_option(std::string_view name, std::string_view text, char separator) {
  std::string value{text};
  const auto option = std::ranges::find(pacing_options(), name, &PacingOption::name);
  if (option == pacing_options().end()) return value;
  if (option->kind == PacingOption::Kind::boolean) return ascii_lower(text);
  if (separator != ',' && (option->kind == PacingOption::Kind::integer || name == "refreshPeriod"))
    std::ranges::replace(value, ',', '.');
  if (option->kind != PacingOption::Kind::integer) return value;
  const auto point = value.find('.');
  if (point != 0 && point != value.npos && value.find_first_not_of('0', point + 1) == value.npos)
    value.resize(point);
  return value;
}

class CsvReader {
 public:
  CsvReader(CsvLines lines, TargetCollector& collector)
      : lines_{lines}, collector_{collector}, findings_{collector.findings} {}

  void read() {
    const auto heading = lines_.next();
    if (!heading) return findings_.add(1, 1, std::string{no_heading});
    if (!read_heading(*heading)) return;
    while (!findings_.full()) {
      const auto row = lines_.next();
      if (!row) return;
      read_row(*row);
    }
  }

 private:
  static constexpr std::size_t most_columns = 1'000;
  static constexpr std::string_view no_heading =
      "no heading: the first line names the columns, of which there have to be id, channel, group "
      "and queue";

  /// Whether rows can be read under it.
  bool read_heading(const CsvLine& line) {
    auto cells = split_csv(line.text, lines_.separator());
    if (cells)
      while (cells->size() > 1 && cells->back().text.empty()) cells->pop_back();
    if (!cells || cells->size() > most_columns) {
      findings_.add(line.number, 1,
                    cells ? fmt::format("{} columns, over {}", cells->size(), most_columns)
                          : cells.error().detail);
      return false;
    }
    const auto names = target_names();
    std::vector<std::pair<int, std::string>> unknown;
    for (const CsvCell& cell : *cells) {
      Column column = column_of(cell.text);
      if (column.name.empty() && !cell.text.empty())
        unknown.emplace_back(cell.column,
                             fmt::format("{}: unknown column{}", repaired_utf8(cell.text),
                                         did_you_mean(cell.text, names)));
      else if (!column.name.empty() && place_of(column.name))
        findings_.add(line.number, cell.column, fmt::format("{}: stands twice", cell.text));
      columns_.push_back(std::move(column));
    }
    if (std::ranges::all_of(columns_, [](auto& column) { return column.name.empty(); })) {
      findings_.add(line.number, 1,
                    line.text.starts_with('[')
                        ? "TOML, which a file of this name is not: call it .toml"
                        : std::string{no_heading});
      return false;
    }
    for (auto& [column, what] : unknown) findings_.add(line.number, column, std::move(what));
    bool whole = true;
    for (const TargetField& field : target_fields())
      if (field.needed && !place_of(field.name)) {
        findings_.add(line.number, 1, fmt::format("column {} is missing", field.name));
        whole = false;
      }
    return whole;
  }

  std::optional<std::size_t> place_of(std::string_view name) const {
    const auto column = std::ranges::find(columns_, name, &Column::name);
    if (column == columns_.end()) return std::nullopt;
    return static_cast<std::size_t>(column - columns_.begin());
  }

  // Only objects may begin with #: below them it is the cell of a target.
  bool is_remark(std::string_view text, std::size_t id) const {
    const auto first = columns_.front().name;
    if (!text.starts_with('#')) return false;
    if (first != "group" && first != "queue") return true;
    const auto cells = split_csv(text, lines_.separator());
    return cells && (cells->size() <= id || (*cells)[id].text.empty());
  }

  void read_row(const CsvLine& line) {
    const std::size_t id = *place_of("id");
    if (is_remark(line.text, id)) return;
    auto cells = split_csv(line.text, lines_.separator());
    if (!cells) return findings_.add(line.number, 1, cells.error().detail);
    const std::size_t told = cells->size();
    while (cells->size() > columns_.size() && cells->back().text.empty()) cells->pop_back();
    // Spreadsheets leave out what is empty at the end of a row.
    while (cells->size() < columns_.size() && !columns_[cells->size()].needed)
      cells->push_back({.text = {}, .column = static_cast<int>(line.text.size()) + 1});
    if (cells->size() != columns_.size())
      return findings_.add(line.number, 1,
                           fmt::format("{} cells, the header has {}", told, columns_.size()));
    Target target;
    bool good = true;
    for (std::size_t i = 0; i < columns_.size(); ++i)
      if (const auto wrong = read_cell(columns_[i], (*cells)[i], target)) {
        good = false;
        findings_.add(line.number, (*cells)[i].column, *wrong);
      }
    if (good) collector_.add(std::move(target), line.number, (*cells)[id].column);
  }

  /// What is wrong with it.
  std::optional<std::string> read_cell(const Column& column, const CsvCell& cell, Target& target) {
    if (cell.text.empty() && !column.needed) return std::nullopt;
    const std::string shown = repaired_utf8(cell.text);
    if (column.heading.empty())
      return fmt::format("\"{}\": a cell in a column without a heading", shown);
    if (column.name.empty()) return std::nullopt;  // Told in the heading.
    const auto set =
        set_target(target, column.name, as_option(column.name, cell.text, lines_.separator()));
    if (set) return std::nullopt;
    return fmt::format("{} = \"{}\": {}{}", column.heading, shown, set.error().detail,
                       is_utf8(cell.text) ? "" : "; not UTF-8: save the sheet as \"CSV UTF-8\"");
  }

  CsvLines lines_;
  TargetCollector& collector_;
  Findings& findings_;
  std::vector<Column> columns_;
};

void put_cell(std::string& out, std::string_view text) {
  const bool blank_around = text.starts_with(' ') || text.ends_with(' ');
  if (text.find_first_of(",;\"") == text.npos && !blank_around) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

std::optional<bool> csv_by_name(std::string_view file) {
  const std::string_view ending = file.substr(std::min(file.rfind('.'), file.size()));
  if (same_word(ending, ".csv") || same_word(ending, ".tsv")) return true;
  if (same_word(ending, ".toml")) return false;
  return std::nullopt;
}

bool is_csv_targets(std::string_view text, std::string_view file) {
  const auto told = csv_by_name(file);
  return told ? *told : looks_like_csv(text);
}

bool looks_like_csv(std::string_view text) {
  auto lines = CsvLines::of(text);
  if (!lines) return true;  // To be refused with what it is.
  const auto heading = lines->next();
  if (!heading || heading->text.find('=') != heading->text.npos) return false;
  const auto cells = split_csv(heading->text, lines->separator());
  return cells && cells->size() > 1 && std::ranges::any_of(*cells, [](const CsvCell& cell) {
           return same_word(cell.text, "id");
         });
}

void read_targets_csv(std::string_view text, TargetCollector& collector) {
  auto lines = CsvLines::of(text);
  if (!lines) return collector.findings.add(1, 1, lines.error().detail);
  CsvReader{*lines, collector}.read();
}

std::string targets_as_csv(const Targets& targets) {
  std::vector<const TargetField*> fields;
  for (const TargetField& field : target_fields())
    if (field.needed || std::ranges::any_of(targets.all, [&](const Target& target) {
          return !(target.*field.member).empty();
        }))
      fields.push_back(&field);
  std::vector<const PacingOption*> columns;
  for (const PacingOption& option : pacing_options()) {
    const auto usual = option.text(PacingOptions{});
    if (std::ranges::any_of(targets.all, [&](const Target& target) {
          return option.text(target.options) != usual;
        }))
      columns.push_back(&option);
  }
  std::string out;
  for (const auto* field : fields) out += fmt::format("{}{}", out.empty() ? "" : ",", field->name);
  for (const auto* option : columns) out += fmt::format(",{}", option->name);
  for (const Target& target : targets.all) {
    char between = '\n';
    for (const auto* field : fields) {
      out += between;
      put_cell(out, target.*field->member);
      between = ',';
    }
    for (const auto* option : columns) out += "," + option->text(target.options);
  }
  return out + "\n";
}

}  // namespace paceline
