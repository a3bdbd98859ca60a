// The last guard: where the goal's loop has nothing left to take back and the window is over its
// budget all the same, one invitation for each idle slot is too many, whatever makes them too many.
// So slots are held back, more with each one abandoned, until the budget is kept. Pure.
//
//   h += 0.1 ((1 - a) abandoned - a served)      while that is so; then it fades within ten minutes
#pragma once

namespace paceline::pacer {

class BudgetReserve {
 public:
  /// Takes up what ended in the last `dt_s` [s, >= 0].
  ///   allowed   (0..1) a
  ///   at_end    the loop is at its lower end and the window over its budget
  ///   most      [slots, >= 0] that may be held back
  void follow(double served, double abandoned, double allowed, bool at_end, double most,
              double dt_s);

  /// h: [slots, >= 0]
  double slots() const { return slots_; }

 private:
  double slots_ = 0;
};

}  // namespace paceline::pacer
