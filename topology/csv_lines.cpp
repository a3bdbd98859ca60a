#include "topology/csv_lines.h"

#include <algorithm>

namespace paceline {

Result<std::vector<CsvCell>> split_csv(std::string_view line) {
  std::vector<CsvCell> cells;
  std::size_t at = 0;
  while (true) {
    CsvCell cell{.text = {}, .column = static_cast<int>(at) + 1};
    if (at < line.size() && line[at] == '"') {
      for (++at;; ++at) {
        if (at == line.size()) return fail("a quote without its end");
        if (line[at] != '"') {
          cell.text += line[at];
        } else if (at + 1 < line.size() && line[at + 1] == '"') {
          cell.text += line[at++];
        } else {
          break;
        }
      }
      if (++at < line.size() && line[at] != ',') return fail("text behind a closing quote");
    } else {
      const auto end = std::min(line.find(',', at), line.size());
      cell.text = line.substr(at, end - at);
      at = end;
    }
    cells.push_back(std::move(cell));
    if (at >= line.size()) return cells;
    ++at;
  }
}

std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace paceline
