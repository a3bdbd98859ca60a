// The targets file as comma-separated values (RFC 4180 without line breaks in cells): read with
// every mistake of every row, and written.
#include <fmt/format.h>

#include <algorithm>

#include "topology/csv_lines.h"
#include "topology/target_fields.h"

namespace paceline {
namespace {

bool is_column(std::string_view name) {
  return std::ranges::find(target_fields(), name, &TargetField::name) != target_fields().end() ||
         std::ranges::find(pacing_options(), name, &PacingOption::name) != pacing_options().end();
}

bool may_be_empty(std::string_view column) {
  const auto field = std::ranges::find(target_fields(), column, &TargetField::name);
  return field == target_fields().end() || !field->needed;
}

/// The header's columns; none if it has mistakes.
std::vector<std::string> read_header(std::string_view line, Findings& findings) {
  const auto cells = split_csv(line);
  if (!cells) {
    findings.add(1, 1, cells.error().detail);
    return {};
  }
  std::vector<std::string> columns;
  for (const CsvCell& cell : *cells) {
    if (!is_column(cell.text))
      findings.add(1, cell.column, fmt::format("{}: unknown column", cell.text));
    if (std::ranges::find(columns, cell.text) != columns.end())
      findings.add(1, cell.column, fmt::format("{}: stands twice", cell.text));
    columns.push_back(cell.text);
  }
  for (const TargetField& field : target_fields())
    if (field.needed && std::ranges::find(columns, field.name) == columns.end())
      findings.add(1, 1, fmt::format("column {} is missing", field.name));
  return findings.empty() ? columns : std::vector<std::string>{};
}

void put_cell(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"") == text.npos) {
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

void read_targets_csv(std::string_view text, TargetCollector& collector) {
  Findings& findings = collector.findings;
  const auto columns = read_header(take_line(text), findings);
  if (columns.empty()) return;
  const auto id = static_cast<std::size_t>(std::ranges::find(columns, "id") - columns.begin());
  for (int line = 2; !text.empty() && !findings.full(); ++line) {
    const std::string_view row = take_line(text);
    if (row.empty() || row.starts_with('#')) continue;
    const auto cells = split_csv(row);
    if (!cells || cells->size() != columns.size()) {
      findings.add(line, 1,
                   cells ? fmt::format("{} cells, the header has {}", cells->size(), columns.size())
                         : cells.error().detail);
      continue;
    }
    Target target;
    bool good = true;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const CsvCell& cell = (*cells)[i];
      if (cell.text.empty() && may_be_empty(columns[i])) continue;
      if (const auto set = set_target(target, columns[i], cell.text); !set) {
        good = false;
        findings.add(line, cell.column,
                     fmt::format("{} = \"{}\": {}", columns[i], cell.text, set.error().detail));
      }
    }
    if (good) collector.add(std::move(target), line, (*cells)[id].column);
  }
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
