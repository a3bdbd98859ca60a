#include "services/pacer/goal_loop.h"

#include <algorithm>
#include <cmath>

namespace paceline {
namespace {

constexpr double guard_gain = 0.3;  // Of s for one interaction beyond the budget, at k = 0.15.
constexpr double guard_most = 12;   // [interactions]
constexpr double guard_reference = 0.15;

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

double GoalLoop::guarded(double allowed, double gain, LoopRange range) const {
  const double beyond = std::clamp(excess(allowed), 0.0, guard_most);
  return std::clamp(learned.s - guard_gain * gain / guard_reference * beyond, range.low,
                    range.high);
}

void GoalLoop::next_window() {
  learned.outcomes *= 0.5;
  learned.abandoned *= 0.5;
}

void GoalLoop::relax(double s0, double share) {
  learned.s += share * (s0 - learned.s);
}

}  // namespace paceline
