// Whether anybody accepts at all. While nobody does, the chance that the next one does is anything:
// what the answers before told is no evidence of the day it comes back, and who invites by it may
// find that all accept at once. Pure.
//
//   collapse.follow(accepted, answers);
//   if (collapse.over()) forget what the answers told;
//   m <= collapse.most_pending(slots)
#pragma once

namespace paceline::pacer {

class AcceptanceCollapse {
 public:
  /// Takes up what was answered since the last call.
  ///   accepted, answers  [answers, >= 0]; accepted <= answers
  void follow(double accepted, double answers);

  /// Somebody accepted again, in the last call.
  bool over() const { return over_; }

  /// Whether nobody accepts, or some did again too lately to know how many will.
  bool unsure() const { return refused_ >= enough_ || unknown_ > 0; }

  /// Invitations that may be outstanding while it is unsure().
  ///   slots  [slots, >= 0]
  static double most_pending(double slots) { return 2 * slots; }

 private:
  static constexpr float enough_ = 300;  // One in 2e7 of them at an acceptance of 5 %.
  static constexpr float relearned_ = 30;

  float refused_ = 0;  // [answers, 0..300] since the last acceptance.
  float unknown_ = 0;  // [answers, >= 0] until how many accept is known again.
  bool over_ = false;
};

}  // namespace paceline::pacer
