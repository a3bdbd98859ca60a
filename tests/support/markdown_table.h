// Tables of the tree's manuals, so that a test can hold them to the code.
#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/source_folder.h"

namespace paceline::test {

struct MarkdownTable {
  std::vector<std::string> columns{};
  std::vector<std::vector<std::string>>
      rows{};  // Cells as they are written, without blanks around.
};

/// "| a | `b \| c` |" -> "a", "`b | c`".
inline std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  std::string cell;
  line.remove_prefix(1);
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '|') {
      cell += line[++i];
    } else if (line[i] == '|') {
      const auto first = cell.find_first_not_of(' ');
      cells.push_back(
          first == cell.npos ? "" : cell.substr(first, cell.find_last_not_of(' ') - first + 1));
      cell.clear();
    } else {
      cell += line[i];
    }
  }
  return cells;
}

/// The first table below a heading of any level.
///
///   path     from the top of the tree: "services/watch/SETTINGS.md"
///   heading  its text without the #s: "Metrics"
///   returns  at least one row; else it throws: the test that asks has nothing to compare
inline MarkdownTable read_table(const std::string& path, const std::string& heading) {
  std::ifstream file{source_folder() + "/" + path};
  MarkdownTable table;
  bool below = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#') && table.rows.empty()) {
      const auto text = line.find_first_not_of("# ");
      below = text != line.npos && line.substr(text) == heading;
    } else if (below && line.starts_with('|')) {
      auto cells = cells_of(line);
      if (line.starts_with("|--"))
        continue;
      else if (table.columns.empty())
        table.columns = std::move(cells);
      else
        table.rows.push_back(std::move(cells));
    } else if (!table.rows.empty()) {
      break;
    }
  }
  if (table.rows.empty()) throw std::runtime_error{path + ": no table below '" + heading + "'"};
  return table;
}

}  // namespace paceline::test
