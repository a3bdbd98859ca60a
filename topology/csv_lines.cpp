#include "topology/csv_lines.h"

#include <algorithm>

#include "common/base/ascii.h"
#include "common/base/utf8.h"

namespace paceline {
namespace {

constexpr std::string_view blanks = " ";
constexpr std::string_view separators = ",;\t";
constexpr const char* save_as =
    "save the sheet as \"CSV UTF-8\" (LibreOffice: as Text CSV, character set UTF-8)";

Result<void> check_form(std::string_view file) {
  using namespace std::string_view_literals;
  if (file.starts_with("\xff\xfe"sv) || file.starts_with("\xfe\xff"sv) ||
      file.substr(0, 256).find('\0') != file.npos)
    return fail(std::string{"UTF-16 or no text, not UTF-8: "} + save_as);
  if (file.starts_with("PK\x03\x04"sv) || file.starts_with("\xd0\xcf\x11\xe0"sv))
    return fail(std::string{"a spreadsheet itself, not its export: "} + save_as);
  return {};
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \",;\t") == line.npos;
}

char most_frequent(std::string_view heading) {
  char most = separators.front();
  std::ptrdiff_t count = 0;
  for (const char separator : separators) {
    bool quoted = false;
    const auto found = std::ranges::count_if(heading, [&](char c) {
      if (c == '"') quoted = !quoted;
      return c == separator && !quoted;
    });
    if (found > count) {
      most = separator;
      count = found;
    }
  }
  return most;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

}  // namespace

Result<std::vector<CsvCell>> split_csv(std::string_view line, char separator) {
  std::vector<CsvCell> cells;
  std::size_t at = 0;
  while (true) {
    at = std::min(line.find_first_not_of(blanks, at), line.size());
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
      at = std::min(line.find_first_not_of(blanks, at + 1), line.size());
      if (at < line.size() && line[at] != separator) return fail("text behind a closing quote");
    } else {
      const auto end = std::min(line.find(separator, at), line.size());
      cell.text = trimmed(line.substr(at, end - at));
      at = end;
    }
    cells.push_back(std::move(cell));
    if (at >= line.size()) return cells;
    ++at;
  }
}

Result<CsvLines> CsvLines::of(std::string_view file) {
  if (auto text = check_form(file); !text) return tl::unexpected{text.error()};
  CsvLines lines{without_byte_order_mark(file)};
  std::optional<char> told;
  while (!lines.left_.empty()) {
    const CsvLines heading = lines;
    const std::string_view line = lines.take().text;
    if (line.size() == 5 && same_word(line.substr(0, 4), "sep=") &&
        separators.find(line[4]) != separators.npos) {
      told = line[4];
    } else if (!is_blank(line) && !line.starts_with('#')) {
      lines = heading;
      lines.separator_ = told.value_or(most_frequent(line));
      break;
    }
  }
  return lines;
}

std::optional<CsvLine> CsvLines::next() {
  while (!left_.empty())
    if (const CsvLine line = take(); !is_blank(line.text)) return line;
  return std::nullopt;
}

CsvLine CsvLines::take() {
  const auto end = std::min(left_.find(end_), left_.size());
  CsvLine line{left_.substr(0, end), ++taken_};
  left_.remove_prefix(std::min(end + 1, left_.size()));
  if (line.text.ends_with('\r')) line.text.remove_suffix(1);
  return line;
}

}  // namespace paceline
