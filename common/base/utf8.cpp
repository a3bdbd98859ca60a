#include "common/base/utf8.h"

#include <simdjson.h>

#include <algorithm>

namespace paceline {

bool is_utf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view mark = "\xef\xbb\xbf";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

std::string repaired_utf8(std::string_view text) {
  constexpr std::size_t longest = 4;
  std::string out;
  while (!text.empty()) {
    std::size_t length = 1;  // Of the sequence that the text begins with.
    while (length <= std::min(longest, text.size()) && !is_utf8(text.substr(0, length))) ++length;
    if (length > std::min(longest, text.size())) {
      out += "\xEF\xBF\xBD";
      length = 1;
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out;
}

std::string printable_ascii(std::string_view text, std::size_t most) {
  std::string out{text.substr(0, most)};
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return out;
}

}  // namespace paceline
