#include "topology/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

namespace paceline {
namespace {

/// Takes a number and the character behind it off the front; 0 if there is none.
int take_number(std::string_view& text, char behind) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end == text.data() + text.size() || *end != behind) return 0;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return number;
}

}  // namespace

void Findings::add(int line, int column, std::string what) {
  if (!full()) found_.push_back({std::max(line, 1), std::max(column, 1), std::move(what)});
}

void Findings::add(const Error& error) {
  std::string_view rest = error.detail;
  int line = 1;
  int column = 1;
  if (rest.starts_with(file_ + ":")) {
    rest.remove_prefix(file_.size() + 1);
    std::string_view numbers = rest;
    const int found_line = take_number(numbers, ':');
    const int found_column = take_number(numbers, ':');
    if (found_line > 0 && found_column > 0) {
      line = found_line;
      column = found_column;
      rest = numbers;
    }
    if (rest.starts_with(' ')) rest.remove_prefix(1);
  }
  add(line, column, std::string{rest});
}

void Findings::add(std::string_view where, std::string_view what) {
  add(Error{Errc::bad_value, fmt::format("{}: {}", where, what)});
}

std::vector<Mistake> Findings::in_order() const {
  auto sorted = found_;
  std::ranges::stable_sort(sorted, {}, [](const Finding& finding) {
    return std::tuple{finding.line, finding.column};
  });
  std::vector<Mistake> mistakes;
  for (const Finding& finding : sorted)
    mistakes.push_back(
        {fmt::format("{}:{}:{}", file_, finding.line, finding.column), finding.what});
  return mistakes;
}

}  // namespace paceline
