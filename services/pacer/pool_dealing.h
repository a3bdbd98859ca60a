// Who of a pool is asked first, and what was granted but is not yet seen to be sent.
//
// Each grant counts as pending for those who are decided after it. Who was dealt least for his
// weight is first, so shares follow weights, and with equal weights the first in line rotates.
//
// A grant that went out is in flight until the endpoint's count of sent invitations has risen by
// it: so long it counts for the others, whoever is first. If it was not sent after `patience_s`, the
// target's visitors do not take it: it is short of visitors, may have no more than one more than they
// took in that time, and for the others counts only what they took. So it never keeps others from
// inviting, and its own few visitors are still met. When they take all in time again, its bound
// doubles, and beyond eight is gone.
#pragma once

#include <cstdint>

namespace paceline::pacer {

/// One member's part.
class PoolDealing {
 public:
  /// What the endpoint counted as sent, cumulative.
  ///   restarted  the counter began anew: nothing follows from its value
  ///   true_s     [s] when it was true
  void see(std::uint64_t sent, bool restarted, double true_s);

  /// It was decided to grant `invitations` [>= 0] new ones.
  void grant(double invitations, double now_s);

  /// Once before each round: a grant that the endpoint has still not sent lapses.
  ///   patience_s  [s, > 0]
  void lapse(double patience_s);

  /// [invitations, >= 0] granted, not yet sent, and likely to be.
  double in_flight() const;

  /// [invitations, >= 0] that it may have at once.
  double limit() const { return limit_; }
  bool short_of_visitors() const { return short_; }

  /// [invitations, >= 0] that went out, forgotten over ten minutes: what shares are judged by.
  double dealt(double now_s) const;

 private:
  static constexpr double no_limit = 1e6;

  std::uint64_t sent_ = 0;
  bool has_sent_ = false;
  double true_s_ = 0;  // [s] when that was counted.
  float granted_ = 0;  // [invitations] of the grant in force,
  float taken_ = 0;    // of which the endpoint has sent these.
  double granted_s_ = 0;
  double limit_ = no_limit;
  bool short_ = false;
  double dealt_ = 0;
  double dealt_s_ = 0;
};

}  // namespace paceline::pacer
