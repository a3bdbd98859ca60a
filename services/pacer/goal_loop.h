// Keeps abandonment on its goal whatever the model's error: one number s, the log-aggressiveness,
// moved by every interaction that ends (adaptive conformal control).
//
//   a = the share of outcomes that may be abandoned
//   served:     s += k a
//   abandoned:  s -= k (1 - a)
//
// While s is not at an end of its range, the long-run rate is a:
//   abandoned - a outcomes = (s0 - s) / k
//
// Around it the budget of the accounting window. X interactions abandoned too many by now are made
// good over those that may still be abandoned: v = -X / (left + c), the feedback that reaches X = 0
// at the window's end at the least cost (a linear-quadratic bridge). s + v is used, and while v is
// in force s learns from a e^v, so that the two do not work against each other. What windows end
// with all the same, as when agents leave for the night and those who were invited find nobody, is
// learned from window to window and made good before it comes.
#pragma once

namespace paceline::pacer {

/// What one loop has learned: plain, so that it can be kept in a checkpoint.
struct LoopLearned {
  bool started = false;
  double s = 0;                // Any sign; of RISK the ln of the risk allowed, of QUANT -z.
  double outcomes = 0;         // [interactions, >= 0] that ended in the accounting window.
  double abandoned = 0;        // [interactions, 0..outcomes]
  double window_outcomes = 0;  // [interactions, >= 0] of a whole window, learned; 0 = none yet.
  double closing_excess = 0;   // [interactions, >= 0] that X ends with unless made good before.
  double closing_square = 1;   // [interactions^2, >= 0] of what X ended with all the same.
  double counted_more = 0;     // [interactions, >= 0] that those abandoned count beyond one each.

  bool operator==(const LoopLearned&) const = default;
};

/// The range of s that an algorithm can use.
struct LoopRange {
  double low = -9;
  double high = -0.02;
};

class GoalLoop {
 public:
  LoopLearned learned{};

  /// Whether s is one that was learned.
  bool begun() const;

  /// Begins at `s0`, unless it has begun already.
  void start(double s0, LoopRange range);

  /// Takes up what ended since the last call.
  ///
  ///   served, abandoned  [interactions, >= 0]
  ///   allowed            (0..1) a e^v: share of outcomes that might be abandoned
  ///   gain               (0..1] k
  ///   moves              false: only counts (the loop is switched off, or warming up)
  ///   counts_for         [>= 1] how many one abandoned counts
  void learn(double served, double abandoned, double allowed, double gain, LoopRange range,
             bool moves, double counts_for = 1);

  /// Interactions abandoned in the window beyond its budget; any sign.
  double excess(double allowed) const {
    return learned.abandoned + learned.counted_more - allowed * learned.outcomes;
  }

  /// v of the window's budget.
  ///
  ///   left     [interactions, >= 0] outcomes still to come in the window
  ///   returns  [-5..0.7] to be added to s: negative while the window is over its budget
  double budget_correction(double allowed, double left) const;

  /// Learns from a whole window, now over, what it ends with.
  void learn_closing(double allowed);

  /// [interactions, 1..10] abandoned beyond the mean in one window of forty.
  double excess_quantile() const;

  /// Starts another accounting window from nothing; s stays.
  ///   whole  the old one was seen from its beginning: tells how many outcomes a window has
  void next_window(bool whole);

  /// Toward `s0` by a share of the way, after idle hours.
  void relax(double s0, double share);
};

}  // namespace paceline::pacer
