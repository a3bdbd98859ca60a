#include "tests/fuzz/corpus.h"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <optional>
#include <stdexcept>

#include "tests/support/source_folder.h"

namespace paceline::fuzz {
namespace {

std::optional<std::string> unescaped(std::string_view line) {
  std::string input;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\') {
      input += line[i];
      continue;
    }
    if (++i == line.size()) return std::nullopt;
    if (line[i] == 'n') {
      input += '\n';
    } else if (line[i] == 't') {
      input += '\t';
    } else if (line[i] == '\\') {
      input += '\\';
    } else if (line[i] == 'x' && line.size() - i > 2) {
      unsigned byte = 0;
      const char* const end = line.data() + i + 3;
      if (std::from_chars(line.data() + i + 1, end, byte, 16).ptr != end) return std::nullopt;
      input += static_cast<char>(byte);
      i += 2;
    } else {
      return std::nullopt;
    }
  }
  return input;
}

}  // namespace

std::vector<std::string> read_corpus(const std::string& name) {
  const std::string file = "tests/fuzz/corpus/" + name + ".txt";
  std::ifstream in{test::source_folder() + "/" + file};
  if (!in) throw std::runtime_error(file + ": cannot be read");
  std::vector<std::string> inputs;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.starts_with('#')) continue;
    auto input = unescaped(line);
    if (!input)
      throw std::runtime_error(fmt::format("{}:{}: an escape that is none", file, number));
    inputs.push_back(*std::move(input));
  }
  return inputs;
}

std::string as_line(std::string_view input) {
  std::string line;
  for (const char c : input) {
    if (c == '\n')
      line += "\\n";
    else if (c == '\t')
      line += "\\t";
    else if (c == '\\')
      line += "\\\\";
    else if (c < ' ' || c == 0x7f || (line.empty() && c == '#'))
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      line += c;
  }
  return line;
}

}  // namespace paceline::fuzz
