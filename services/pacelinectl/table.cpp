#include "services/pacelinectl/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/base/check.h"
#include "common/base/time.h"
#include "common/base/utf8.h"

namespace paceline::pacelinectl {
namespace {

/// Whether a character begins here; the other bytes of a UTF-8 sequence are 10xxxxxx.
bool begins_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

/// Characters as a terminal shows them: without colour codes, UTF-8 sequences as one.
std::size_t width(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      i = std::min(text.find('m', i), text.size());
      continue;
    }
    if (begins_character(text[i])) ++count;
  }
  return count;
}

/// A character that a terminal does not show but obeys: C0, DEL, C1, and Unicode's marks of direction and
/// its ends of lines.
bool steers(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x061C || c == 0x200E || c == 0x200F ||
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/// Of UTF-8 that is sound.
char32_t character_at(std::string_view text, std::size_t at, std::size_t bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  char32_t c = bytes == 1 ? byte(0) : byte(0) & (0xFFu >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) c = c << 6 | (byte(i) & 0x3Fu);
  return c;
}

template <class Stays>
void mask(std::string& text, Stays&& stays) {
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t bytes = 1;
    while (at + bytes < text.size() && !begins_character(text[at + bytes])) ++bytes;
    if (steers(character_at(text, at, bytes)) && !stays(text[at]))
      text[end++] = '?';
    else
      for (std::size_t i = 0; i < bytes; ++i) text[end++] = text[at + i];
    at += bytes;
  }
  text.resize(end);
}

constexpr std::string_view end_of_colour = "\x1b[0m";

constexpr std::string_view code_of(Colour colour) {
  switch (colour) {
    case Colour::none:
      return "";
    case Colour::good:
      return "\x1b[32m";
    case Colour::bad:
      return "\x1b[31m";
    case Colour::warn:
      return "\x1b[33m";
    case Colour::dim:
      return "\x1b[2m";
    case Colour::bold:
      return "\x1b[1m";
    case Colour::reverse:
      return "\x1b[7m";
  }
  return "";
}

/// The first of coloured()'s codes; empty = none. Others hide text, or do worse.
std::string_view find_colour_code(std::string_view text) {
  constexpr std::array codes = {
      end_of_colour,        code_of(Colour::good), code_of(Colour::bad),    code_of(Colour::warn),
      code_of(Colour::dim), code_of(Colour::bold), code_of(Colour::reverse)};
  for (auto at = text.find('\x1b'); at != text.npos; at = text.find('\x1b', at + 1))
    for (const std::string_view code : codes)
      if (text.substr(at).starts_with(code)) return text.substr(at, code.size());
  return {};
}

}  // namespace

TextTable::TextTable(std::vector<std::string> headings) {
  for (std::string& heading : headings) {
    right_.push_back(heading.starts_with('>'));
    if (right_.back()) heading.erase(0, 1);
  }
  rows_.push_back(std::move(headings));
}

void TextTable::add(std::vector<std::string> cells) {
  CHECK(cells.size() == right_.size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::text() const {
  std::vector<std::size_t> widths(right_.size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string gap(widths[i] - width(row[i]), ' ');
      line += (i == 0 ? "" : "  ") + (right_[i] ? gap + row[i] : row[i] + gap);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string coloured(const std::string& text, Colour colour, bool wanted) {
  const auto code = code_of(colour);
  return !wanted || code.empty() ? text : fmt::format("{}{}{}", code, text, end_of_colour);
}

std::string fitted(std::string_view text, int width, bool right) {
  std::size_t bytes = 0;
  int shown = 0;
  while (bytes < text.size() && shown < width) {
    ++bytes;
    while (bytes < text.size() && !begins_character(text[bytes])) ++bytes;
    ++shown;
  }
  const std::string gap(static_cast<std::size_t>(width - shown), ' ');
  const std::string cut{text.substr(0, bytes)};
  return right ? gap + cut : cut + gap;
}

std::string readable_seconds(double seconds) {
  if (!(seconds >= 0)) return "-";
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1000);
  if (seconds < 120) return fmt::format("{:.1f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

std::string utc_text(std::int64_t wall_ms, std::string_view otherwise) {
  constexpr std::int64_t year_2261 = 9'180'000'000'000;  // WallTime counts nanoseconds in 64 bits.
  if (wall_ms < 0 || wall_ms > year_2261) return std::string{otherwise};
  return format_utc_ms(wall_ms);
}

std::string printable(std::string_view text) {
  std::string out = repaired_utf8(text);
  mask(out, [](char) { return false; });
  return out;
}

std::string printable_lines(std::string_view text, bool with_colours) {
  std::string out;
  while (!text.empty()) {
    const auto code = with_colours ? find_colour_code(text) : std::string_view{};
    const auto before = code.empty() ? text : text.substr(0, code.data() - text.data());
    std::string plain = repaired_utf8(before);
    mask(plain, [](char c) { return c == '\n' || c == '\t'; });
    out += plain + std::string{code};
    text.remove_prefix(before.size() + code.size());
  }
  return out;
}

}  // namespace paceline::pacelinectl
