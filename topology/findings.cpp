#include "topology/findings.h"

#include <algorithm>
#include <utility>

namespace paceline {

void Findings::add(int line, int column, std::string what) {
  if (full()) return;
  found_.push_back(
      {.where = {file_, std::max(line, 1), std::max(column, 1)}, .what = std::move(what)});
}

void Findings::add(const Location& where, std::string what) {
  add(where.line, where.column, std::move(what));
}

void Findings::add(const Error& error) {
  add(error.location.value_or(Location{}), std::string{error.reason()});
}

std::vector<Mistake> Findings::in_order() const {
  auto sorted = found_;
  std::ranges::stable_sort(sorted, {}, [](const Mistake& mistake) {
    return std::pair{mistake.where.line, mistake.where.column};
  });
  return sorted;
}

}  // namespace paceline
