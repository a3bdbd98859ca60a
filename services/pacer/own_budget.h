// A target's own abandonment where the loop steers a pool's: who is over his own budget takes less.
//
// Targets that share agents share one loop, whose outcomes are the pool's. By that the pool meets
// its goal, but one target may be over it while another is below, since the invitations of each
// meet the agents in other states. So each target has a loop of its own beside it, which only ever
// asks for less:
//
//   o += k (a served - (1 - a) abandoned), within -1.5..0    what is so every day
//   v  = the correction for the window's budget (goal_loop.h), if negative
//
// s + o + v is used, with o + v no less than -1.5: a target whose risk comes from what others send
// after it would else be throttled without gain. The pool's loop makes good in the others what this one leaves.
#pragma once

#include "services/pacer/goal_loop.h"

namespace paceline::pacer {

class OwnBudget {
 public:
  /// Takes up what ended since the last call.
  ///   served, abandoned  [interactions, >= 0]
  ///   allowed            (0..1) share that may be abandoned
  void learn(double served, double abandoned, double allowed);

  /// Another accounting window begins.
  ///   whole  the old one was seen from its beginning
  void next_window(bool whole);

  /// To be added to s.
  ///   window_left  [0..1] of the accounting window that is still to come
  ///   returns      [-1.5..0]
  double correction(double allowed, double window_left) const;

  double outcomes() const { return loop_.learned.outcomes; }
  double abandoned() const { return loop_.learned.abandoned; }

 private:
  GoalLoop loop_{};
};

}  // namespace paceline::pacer
