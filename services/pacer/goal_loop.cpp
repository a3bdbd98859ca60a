#include "services/pacer/goal_loop.h"

#include <algorithm>
#include <cmath>

namespace paceline {
namespace {

constexpr double bridge_softness = 0.4;  // [interactions] c: at the end, how many move s by one.
constexpr LoopRange bridge_range{-5, 0.7};
constexpr double window_weight = 0.5;    // Of the last window in what a window has,
constexpr double closing_weight = 0.25;  // and in what it ends with,
constexpr double most_closing = 0.3;     // of the budget at most.

}  // namespace

void GoalLoop::start(double s0, LoopRange range) {
  if (!learned.started || !std::isfinite(learned.s)) learned.s = s0;
  learned.started = true;
  learned.s = std::clamp(learned.s, range.low, range.high);
}

void GoalLoop::learn(double served, double abandoned, double allowed, double gain, LoopRange range,
                     bool moves) {
  learned.outcomes += served + abandoned;
  learned.abandoned += abandoned;
  if (!moves) return;
  learned.s += gain * (allowed * served - (1 - allowed) * abandoned);
  learned.s = std::clamp(learned.s, range.low, range.high);
}

double GoalLoop::bridge(double allowed, double left) const {
  return std::clamp(
      -(excess(allowed) + learned.closing_excess) / (allowed * left + bridge_softness),
      bridge_range.low, bridge_range.high);
}

void GoalLoop::learn_closing(double allowed) {
  learned.closing_excess = std::clamp(learned.closing_excess + closing_weight * excess(allowed),
                                      0.0, most_closing * allowed * learned.outcomes);
}

void GoalLoop::next_window(bool whole) {
  const double known = learned.window_outcomes;
  if (whole)
    learned.window_outcomes =
        known > 0 ? known + window_weight * (learned.outcomes - known) : learned.outcomes;
  learned.outcomes = learned.abandoned = 0;
}

void GoalLoop::relax(double s0, double share) {
  learned.s += share * (s0 - learned.s);
}

}  // namespace paceline
