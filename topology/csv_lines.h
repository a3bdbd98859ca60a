// Lines of separated values as spreadsheets export them (RFC 4180 without line breaks in cells):
// with a comma, semicolon or tab between the cells, a byte order mark or none, any line ends, and
// rows of nothing but separators.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace paceline {

struct CsvCell {
  std::string text;  // Without quotes; without blanks around it, unless they were quoted.
  int column = 1;    // 1-based, of its first byte.
};

struct CsvLine {
  std::string_view text;
  int number = 1;  // 1-based, in the file.
};

///   errors   bad_value: a quote that does not end, or text behind one
Result<std::vector<CsvCell>> split_csv(std::string_view line, char separator);

/// The lines of a file that say something, the heading first.
class CsvLines {
 public:
  /// Passes over what stands before the heading: blank lines, remarks, and "sep=;".
  ///   errors   bad_value: UTF-16, or a spreadsheet itself instead of its export; how to save it
  static Result<CsvLines> of(std::string_view file);

  /// The next line that is not blank: one that holds more than separators, quotes and blanks.
  std::optional<CsvLine> next();

  /// That of which the heading has most: ',', ';' or tab.
  char separator() const { return separator_; }

 private:
  explicit CsvLines(std::string_view text)
      : left_{text}, end_{text.find('\n') == text.npos ? '\r' : '\n'} {}
  CsvLine take();

  std::string_view left_;
  char end_;  // Of lines; old Macs end them with CR alone.
  int taken_ = 0;
  char separator_ = ',';
};

}  // namespace paceline
