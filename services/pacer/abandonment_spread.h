// Whether visitors abandon by themselves or many together, as where acceptance moves for all of them
// at once. Counted by ten minutes: the variance over the mean is 1 where each abandons for himself,
// somewhat more in a queue, and several where they go together. Then the goal's loop has few
// independent events to steer by, and every abandonment counts a little more than one. Pure.
#pragma once

namespace paceline::pacer {

/// What is worth keeping: plain, so that it can be kept in a checkpoint.
struct SpreadLearned {
  double mean = 0;     // [interactions, >= 0] that abandon in ten minutes.
  double square = 0;   // [interactions^2, >= 0] mean square of that.
  double periods = 0;  // [0..1000] that they rest on.

  bool operator==(const SpreadLearned&) const = default;
};

class AbandonmentSpread {
 public:
  SpreadLearned learned{};

  /// Takes up what ended in the last `dt_s` [s, >= 0].
  void follow(double served, double abandoned, double dt_s);

  /// [1..1.15] for how many an abandonment counts.
  double counts_for() const;

  /// [>= 0] variance over mean; 1 while little is known.
  double ratio() const;

 private:
  double period_s_ = 0;
  double served_ = 0;
  double abandoned_ = 0;
};

/// `learned` with every value that is not finite or out of its range replaced by "nothing known".
SpreadLearned sanitised(const SpreadLearned& learned);

}  // namespace paceline::pacer
