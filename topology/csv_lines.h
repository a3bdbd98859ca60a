// Lines of comma-separated values (RFC 4180 without line breaks in cells).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace paceline {

struct CsvCell {
  std::string text;
  int column = 1;  // 1-based, of its first byte.
};

///   errors   bad_value: a quote that does not end, or text behind one
Result<std::vector<CsvCell>> split_csv(std::string_view line);

/// The next line without its end; `text` is what follows.
std::string_view take_line(std::string_view& text);

}  // namespace paceline
