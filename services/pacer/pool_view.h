// Targets that share agents, decided together: what each is to be decided with.
//
//   PoolView pool{PoolSharing::of_agents(n, classes), tuning};     // or everybody(n), of_pairs()
//   pool.set_options(i, options);                                  // of each member, when they change
//
//   for each member that is due or was told something:             // a round, as the shell ticks
//     pool.see(i, inputs_of(i), now_s);
//   for (std::uint32_t i : pool.line(now_s))                       // all members, first in line first
//     if (i's own numbers changed or it is due || pool.touched(i)) {
//       Decision d = pacing[i].decide(pool.view(i), pool.options(i), channel, draw, now_s);
//       pool.decided(i, d, now_s);
//     }
//
// A target of no pool has no PoolView and is decided as ever. Members are dense indices from 0;
// the shell keeps which target is which member. When a targets file or membership changes, make
// another PoolView: what targets learned is in their TargetPacing, and only their own budgets and
// what they were dealt begin anew. Groups of targets that hang together by what they share are
// found by pools_of().
//
// Target i is decided on its own agents. What others claim of them is added (PoolClaims):
//
//   queue    = sum over j of w_ij q_j
//   pending  = sum over j of w_ij (pending_j + in flight_j) p_j / p_i      p: acceptance
//   outcomes = sum over j of W_ij x_j      counters, and what moves the loop
//
// with the weights of pool_sharing.h. One queue discipline means one risk: the least goal of the
// pool rules all its members. Who goes first, and what is in flight, is in pool_dealing.h.
//
// Invariants:
//   without neighbours view() is what see() was told
//   a grant counts for every member decided after it, in this round and in later ones until it is
//   seen to be sent or its time is over
//   no allocation after construction
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/base/pacing_options.h"
#include "services/pacer/accounting.h"
#include "services/pacer/own_budget.h"
#include "services/pacer/pacing.h"
#include "services/pacer/pacing_inputs.h"
#include "services/pacer/pool_dealing.h"
#include "services/pacer/pool_sharing.h"

namespace paceline::pacer {

class PoolView {
 public:
  PoolView(PoolSharing sharing, const PacingTuning& tuning);

  std::size_t members() const { return members_.size(); }

  /// A member's own options; `weight` is its share of the invitations, beside the others'.
  void set_options(std::uint32_t member, const PacingOptions& options);

  /// Other weights from now on, as detection learns them; the members stay.
  void set_sharing(PoolSharing sharing);

  /// What is known of a member now, as for decide() without a pool.
  ///   cost  O(neighbours)
  void see(std::uint32_t member, const PacingInputs& inputs, double now_s);

  /// All members in the order in which they are to be decided now.
  ///   cost  O(members log members)
  std::span<const std::uint32_t> line(double now_s);

  /// Whether what others claim of its agents changed since it was decided.
  bool touched(std::uint32_t member) const { return members_[member].touched; }

  /// What it is to be decided with.
  ///   cost  O(neighbours), and PoolSharing::estimate() where counts changed since
  PacingInputs view(std::uint32_t member);

  /// The same where members are not decided in line() but as they come: one that has been dealt more
  /// for its weight than another with the same agents, who would take it, lets that one pass.
  PacingInputs view_in_stream(std::uint32_t member, double now_s);

  /// Its own options with the strictest goal of the pool: of abandonment the least.
  PacingOptions options(std::uint32_t member) const;

  /// Whose goal rules it, where that is another's and below its own.
  std::optional<std::uint32_t> goal_of(std::uint32_t member) const;

  /// What came of it.
  void decided(std::uint32_t member, const Decision& decision, double now_s);

  bool short_of_visitors(std::uint32_t member) const {
    return members_[member].dealing.short_of_visitors();
  }
  const PoolSharing& sharing() const { return sharing_; }

 private:
  struct Member {
    PacingInputs told{};
    bool known = false;
    bool visible = false;  // Its statistics count.
    bool counted = false;  // Its statistics were told once: counters can be compared,
    bool heard = false;    // and likewise the endpoint's.
    bool touched = true;
    PacingOptions options{};
    // As it was decided last.
    float acceptance = 0.3f;
    float soon_free = 0.04f;    // v of one who works.
    float unseen = 0;           // [interactions] its own.
    float guessed_pending = 0;  // [invitations] while no feedback tells.
    double seen_s = 0;
    double key = 0;       // In line.
    bool wants = false;   // Nothing but others held it back, when it was decided last.
    PoolClaims others{};  // Its cumulative part.
    OwnBudget budget{};
    AccountingWindow window{.age_s = 0, .length_s = 1};  // The one in which it was seen last.
    double window_from_s = 0;                            // [s] How late it was seen first in it.
    PoolDealing dealing{};
  };

  void turn_window(Member& member, const PacingInputs& inputs, double now_s);
  void count_outcomes(Member& member, const PacingInputs& now, std::uint32_t index, double dt_s);
  bool lets_pass(std::uint32_t member, double now_s) const;
  void touch_neighbours(std::uint32_t member);
  void find_rulers();
  double pending_of(const Member& member) const;
  void fit();

  PacingTuning tuning_;
  PoolSharing sharing_;
  std::vector<Member> members_;
  std::vector<std::uint32_t> line_;
  std::vector<MemberAgents> agents_;
  std::uint32_t turn_ = 0;  // Who is first among equals.
  bool fitted_ = false;
  bool rulers_known_ = false;
  // Whose goal is the strictest, of abandonment and of the service level.
  std::optional<std::uint32_t> of_abandonment_{};
  std::optional<std::uint32_t> of_service_level_{};
};

/// Members by what they share, directly or through others.
///
///   members   targets, dense
///   returns   for each target the least target of its pool; itself where it shares nothing
std::vector<std::uint32_t> pools_of(std::size_t members, std::span<const AgentClass> classes);

}  // namespace paceline::pacer
