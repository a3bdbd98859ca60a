#include "services/pacelinectl/input.h"

#include <fmt/format.h>

#include <array>

namespace paceline::pacelinectl {

std::string given(const Request& request, std::string_view option) {
  const auto found = std::ranges::find(
      request.filters, option, [](const auto& each) { return std::string_view{each.first}; });
  return found == request.filters.end() ? std::string{} : found->second;
}

std::vector<std::string> words_between_spaces(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

Result<std::string> read_line(Environment& environment) {
  constexpr std::size_t longest = 4096;
  std::string line;
  char c = 0;
  while (TRY(environment.read_input({&c, 1})) == 1) {
    if (c == '\n') return line;
    if (line.size() == longest) return fail(Errc::too_large, "an answer of over 4096 bytes");
    if (c != '\r') line += c;
  }
  return fail(Errc::unavailable, "the answers ended before all was told");
}

Result<std::string> read_whole_input(Environment& environment, std::size_t most) {
  std::string text;
  std::array<char, 4096> part{};
  while (const std::size_t count = TRY(environment.read_input(part))) {
    text.append(part.data(), count);
    if (text.size() > most)
      return fail(Errc::too_large, fmt::format("standard input: over {} KiB", most >> 10));
  }
  return text;
}

}  // namespace paceline::pacelinectl
