// Agents who are shown ready and take nothing: a router does not leave a queue beside agents who are
// free, so idle slots beside which it stands longer than usual do not answer. Pure.
//
//   AbsentAgents absent;
//   double g = absent.follow(look);   // [slots] of the idle ones; 0 as long as the two never meet
//
// What is usual is learned first: where an interaction rings while its agent still counts as ready,
// queue and idle agents stand side by side for a few seconds all day long.
//
//   clock    runs while somebody waits and somebody is idle; begins anew when the idle ones change
//   r        mean of the clock when the idle ones become fewer, 0 where it did not run
//   g        all idle slots, once the clock is past max(3 s, 3 r); or once somebody gave up and left
//            the queue empty beside the same idle ones with the clock past max(0.5 s, 1.2 r)
//
// g never exceeds the idle slots. What is not seen again for `hold` is doubted, one slot at a time;
// a doubt that was wrong doubles `hold`, up to four hours.
#pragma once

#include <cstdint>

namespace paceline::pacer {

/// What is worth keeping: plain, so that it can be kept in a checkpoint.
struct AbsentLearned {
  double slots = 0;     // [slots, >= 0] g.
  double usual_s = 0;   // [s, 0..30] r.
  double taken = 0;     // [0..100] How often r was learned.
  double hold_s = 600;  // [s, 600..14400]

  bool operator==(const AbsentLearned&) const = default;
};

class AbsentAgents {
 public:
  /// What the statistics show.
  struct Look {
    double true_s = 0;  // [s] of the pacing world, when they were true.
    std::int32_t idle = 0;
    std::int32_t queue = 0;
    // Cumulative; a fall is a restart.
    std::uint64_t answered = 0;
    std::uint64_t abandoned = 0;
  };

  ///   returns  [slots, 0..idle] that take nothing
  ///   cost     O(1)
  double follow(const Look& look);

  double slots() const { return learned.slots; }

  AbsentLearned learned{};

 private:
  void learn_usual(double seconds);
  void believe(std::int32_t idle, double true_s);
  void doubt(double true_s);
  void begin(const Look& look);

  Look last_{};
  bool has_last_ = false;
  bool runs_ = false;      // The clock.
  double since_s_ = 0;     // [s] when it began.
  double believed_s_ = 0;  // [s] when g was last seen.
  bool doubted_ = false;   // The last change of g was a doubt.
};

/// `learned` with every value that is not finite or out of its range replaced by "nothing known".
AbsentLearned sanitised(const AbsentLearned& learned);

}  // namespace paceline::pacer
