#include "services/pacelinectl/key_lines.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>

#include "topology/names.h"

namespace paceline::pacelinectl {
namespace {

constexpr std::size_t key_length = 40;

std::vector<std::string_view> words_of(std::string_view line) {
  constexpr const char* blanks = " \t\r";
  std::vector<std::string_view> words;
  while (true) {
    const auto begin = line.find_first_not_of(blanks);
    if (begin == line.npos) return words;
    const auto end = std::min(line.find_first_of(blanks, begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

Result<KeyLine> parse_key_line(const std::vector<std::string_view>& words,
                               Environment& environment) {
  if (words.size() < 2) return fail("not NAME KEY");
  KeyLine line{.name = std::string{words[0]}, .key = std::string{words[1]}};
  if (!is_name(line.name)) return fail(fmt::format("'{}' is no name: {}", line.name, name_rule));
  if (!is_curve_key(line.key))
    return fail(fmt::format("what stands behind {} is no key of 40 characters", line.name));
  const std::string told = fmt::format("{}", fmt::join(words.begin() + 2, words.end(), " "));
  const std::string real = environment.fingerprint(line.key);
  if (!told.empty() && told != real)
    return fail(fmt::format("the key of {} has the fingerprint {}, not {}: copy the line again",
                            line.name, real, told));
  return line;
}

}  // namespace

std::string key_line(std::string_view name, std::string_view key, Environment& environment) {
  return fmt::format("{} {} {}", name, key, environment.fingerprint(key));
}

bool is_curve_key(std::string_view text) {
  constexpr std::string_view digits =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  constexpr std::size_t group = 5;  // Characters that stand for four bytes.
  if (text.size() != key_length) return false;
  for (std::size_t at = 0; at < text.size(); at += group) {
    std::uint64_t value = 0;
    for (const char c : text.substr(at, group)) {
      const auto digit = digits.find(c);
      if (digit == digits.npos) return false;
      value = value * digits.size() + digit;
    }
    if (value > UINT32_MAX) return false;
  }
  return true;
}

Result<std::vector<KeyLine>> parse_key_lines(std::string_view text, std::string_view file,
                                             Environment& environment) {
  std::vector<KeyLine> lines;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto words = words_of(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (words.empty() || words[0].starts_with('#')) continue;
    auto line = parse_key_line(words, environment);
    if (!line) return fail(fmt::format("{}:{}: {}", file, number, line.error().detail));
    if (std::ranges::find(lines, line->name, &KeyLine::name) != lines.end())
      return fail(fmt::format("{}:{}: {} stands twice", file, number, line->name));
    line->line = number;
    lines.push_back(*std::move(line));
  }
  if (lines.empty())
    return fail(fmt::format("{}: no key in it; pacelinectl keys export writes such lines", file));
  return lines;
}

}  // namespace paceline::pacelinectl
