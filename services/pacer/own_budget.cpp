#include "services/pacer/own_budget.h"

#include <algorithm>

namespace paceline::pacer {
namespace {

constexpr double gain = 0.05;
constexpr LoopRange range{-1.5, 0};

}  // namespace

void OwnBudget::learn(double served, double abandoned, double allowed) {
  loop_.learn(served, abandoned, allowed, gain, range, true);
}

void OwnBudget::next_window(bool whole) {
  loop_.next_window(whole);
}

double OwnBudget::correction(double allowed, double window_left) const {
  const LoopLearned& known = loop_.learned;
  const double passed = std::clamp(1 - window_left, 0.01, 1.0);
  const double whole = known.window_outcomes > 0 ? known.window_outcomes : known.outcomes / passed;
  const double left = std::max(0.0, whole - known.outcomes);
  return std::max(range.low, known.s + std::min(0.0, loop_.budget_correction(allowed, left)));
}

}  // namespace paceline::pacer
