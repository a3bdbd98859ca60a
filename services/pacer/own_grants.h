// The invitations that were let go since the endpoint last told what is pending: it did not know
// them then, so they are pending too. Pure, of fixed size.
//
//   grants.told(feedback_true_s);                       // before each decision
//   pending = told x fade + grants.outstanding(delay_s, now_s, now_s)
//   grants.add(invitations, now_s, resolution_s);       // after it
#pragma once

#include <array>
#include <cstddef>

namespace paceline::pacer {

class OwnGrants {
 public:
  /// Invitations went out.
  ///   invitations   [>= 0]
  ///   resolution_s  [s, >= 0] grants that are nearer to each other than that are kept as one
  void add(double invitations, double now_s, double resolution_s);

  /// An offer that takes the place of the last one where both are of one `period_s` [s]: the
  /// endpoint takes up one of them, the larger at worst.
  void replace(double invitations, double now_s, double period_s);

  /// What went out before `true_s` [s] is in the endpoint's own count.
  void told(double true_s);

  /// [invitations, >= 0] that went out since, less those answered meanwhile.
  ///   delay_s  [s, > 0] mean of an answer
  ///   until_s  [s] only those that went out by then
  double outstanding(double delay_s, double now_s, double until_s) const;

 private:
  struct Grant {
    double at_s = 0;
    double invitations = 0;
  };

  Grant* youngest() {
    return count_ > 0 ? &grants_[(first_ + count_ - 1) % grants_.size()] : nullptr;
  }

  std::array<Grant, 12> grants_{};
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

}  // namespace paceline::pacer
