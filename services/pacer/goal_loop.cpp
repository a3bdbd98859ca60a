#include "services/pacer/goal_loop.h"

#include <algorithm>
#include <cmath>

namespace paceline::pacer {
namespace {

constexpr double correction_softness =
    0.4;  // [interactions] c: at the end, how many move s by one.
constexpr LoopRange correction_range{-5, 0.7};
constexpr double window_weight = 0.5;    // Of the last window in what a window has,
constexpr double closing_weight = 0.25;  // and in what it ends with,
constexpr double square_weight = 0.1;    // and in how much that varies.
constexpr double most_closing = 0.3;     // Of the budget.

}  // namespace

bool GoalLoop::begun() const {
  return learned.started && std::isfinite(learned.s);
}

void GoalLoop::start(double s0, LoopRange range) {
  if (!begun()) learned.s = s0;
  learned.started = true;
  learned.s = std::clamp(learned.s, range.low, range.high);
}

void GoalLoop::learn(double served, double abandoned, double allowed, double gain, LoopRange range,
                     bool moves, double counts_for) {
  learned.outcomes += served + abandoned;
  learned.abandoned += abandoned;
  learned.counted_more += (counts_for - 1) * abandoned;
  if (!moves) return;
  learned.s += gain * (allowed * served - (1 - allowed) * counts_for * abandoned);
  learned.s = std::clamp(learned.s, range.low, range.high);
}

double GoalLoop::budget_correction(double allowed, double left) const {
  return std::clamp(
      -(excess(allowed) + learned.closing_excess) / (allowed * left + correction_softness),
      correction_range.low, correction_range.high);
}

void GoalLoop::learn_closing(double allowed) {
  const double most = most_closing * allowed * learned.outcomes;
  const double off = std::clamp(excess(allowed), -most, most);
  learned.closing_excess = std::clamp(learned.closing_excess + closing_weight * off, 0.0, most);
  learned.closing_square += square_weight * (off * off - learned.closing_square);
}

double GoalLoop::excess_quantile() const {
  constexpr double one_of_forty = 2.26;  // Student's t of the ten windows that are remembered.
  return std::clamp(one_of_forty * std::sqrt(learned.closing_square), 1.0, 10.0);
}

void GoalLoop::next_window(bool whole) {
  const double known = learned.window_outcomes;
  if (whole)
    learned.window_outcomes =
        known > 0 ? known + window_weight * (learned.outcomes - known) : learned.outcomes;
  learned.outcomes = learned.abandoned = learned.counted_more = 0;
}

void GoalLoop::relax(double s0, double share) {
  learned.s += share * (s0 - learned.s);
}

}  // namespace paceline::pacer
