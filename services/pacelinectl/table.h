// Text in columns, for terminals. A UTF-8 character is one column wide; colour codes have no width.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace paceline::pacelinectl {

class TextTable {
 public:
  /// A heading that begins with '>' makes a column of numbers, set to the right.
  explicit TextTable(std::vector<std::string> headings);

  /// As many cells as there are headings.
  void add(std::vector<std::string> cells);

  /// Lines of equal columns, two spaces apart, no spaces at their ends.
  std::string text() const;

 private:
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;
};

enum class Colour { none, good, bad, warn, dim, bold, reverse };

/// `text` between the terminal's codes for it, if `wanted`.
std::string coloured(const std::string& text, Colour colour, bool wanted);

/// The text in exactly `width` columns: cut, or filled with spaces (before it, if `right`).
std::string fitted(std::string_view text, int width, bool right);

/// "12.3 s", "4 ms"; "-" for a negative number, which stands for never.
std::string readable_seconds(double seconds);

/// [ms since 1970] as UTC; `otherwise` for what is before 1970 or beyond 2261.
std::string utc_text(std::int64_t wall_ms, std::string_view otherwise = "-");

/// With `?` for each control character, for what turns the direction of writing and for each byte that is
/// not UTF-8, so that what came over the network cannot steer a terminal.
std::string printable(std::string_view text);

/// The same of whole lines, whose ends and tabs stay, and the codes of coloured() with them.
std::string printable_lines(std::string_view text, bool with_colours);

}  // namespace paceline::pacelinectl
