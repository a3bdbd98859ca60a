// What a pacing decision is made from: the numbers of
// one target now, and the parameters of the engine.
#pragma once

#include <cstdint>

#include "common/wire/messages.h"
#include "services/pacer/agent_slots.h"

namespace paceline::pacer {

inline constexpr double most_pending = 1e6;  // [invitations] of one target; more is a mistake.

/// What other targets claim of the agents that this target shares with them (pool_view.h makes it);
/// all zero where it shares none. Cumulative numbers only ever rise.
struct PoolClaims {
  // Falling on this target's agents now.
  double queue = 0;    // [interactions, >= 0] of theirs that wait.
  double unseen = 0;   // [interactions, >= 0] of theirs accepted since the statistics were true.
  double pending = 0;  // [invitations, >= 0] of theirs outstanding, as so many of this target's.
  // Cumulative, each counted by the share of their agents that are this target's as well.
  double queue_s = 0;  // [s] waited.
  double entered = 0;
  double answered = 0;
  double abandoned = 0;
  double accepted = 0;
  double proactive_answered = 0;
  double proactive_abandoned = 0;
  // Invited ones of theirs that wait, in `queue`.
  double invited_waiting = 0;  // [interactions, >= 0]
  // What the target's own outcomes ask for, beside the pool's that move the loop.
  double correction = 0;          // [<= 0] added to s.
  double most_invitations = 1e6;  // [>= 0] that its visitors were seen to take.
  // For people.
  double shared_agents = 0;   // [agents] of its own that another target has as well.
  std::uint32_t members = 0;  // [targets] of the pool; 0 = none.

  bool operator==(const PoolClaims&) const = default;
};

/// What is known of one target now.
struct PacingInputs {
  StatQuality quality = StatQuality::good;
  double stat_age_s = 0;       // [s, >= 0] since the numbers below were true.
  std::int32_t logged_in = 0;  // [agents]
  std::int32_t slots = 0;      // [slots] interactions they may hold at once; 0 = one each.
  std::int32_t idle = 0;       // [slots] free now: ready agents, or free slots of ready agents.
  std::int32_t busy = 0;       // [slots] handling an interaction.
  std::int32_t wrap_up = 0;    // [slots] in after-call work.
  std::int32_t queue = 0;      // [interactions] waiting now, proactive and reactive.
  // Cumulative, proactive and reactive together. A fall is a restart of the counter, not an event.
  std::uint64_t entered = 0;
  std::uint64_t answered = 0;
  std::uint64_t abandoned = 0;
  double handling_time_s = 0;  // [s] the source's own average of busy + wrap-up; 0 = unknown.
  // Cumulative fate of the invitations, and how many are outstanding. A fall is a restart.
  TargetFeedback proactive{};
  double feedback_age_s = 0;  // [s] since `proactive` was true; negative = never heard.
  // Name the lives of both kinds of counters: another number says that they restarted.
  std::uint64_t stat_epoch = 0;
  std::uint64_t feedback_epoch = 0;
  PoolClaims others{};  // Of those who share its agents.
  // [s] of the pacing world: the target's own accounting window, a day of its time zone. Without one
  // (ends <= begins) PacingTuning's windows follow one another.
  double window_begins_s = 0;
  double window_ends_s = 0;
  SlotsFrom slots_from = SlotsFrom::agents;  // For people only.
};

/// [slots] of those who are at work, whatever the source says of slots.
inline double working_slots(const PacingInputs& inputs) {
  return static_cast<double>(inputs.idle) + inputs.busy + inputs.wrap_up;
}

/// Parameters that are no operator's option; the defaults are what was measured best (METHOD.md).
struct PacingTuning {
  // (0..1] The loop steers to at least this share of the
  // goal, nearer to it where a window has many interactions.
  double goal_share = 0.94;
  double gain = 0.05;  // k of the loop.
  bool closed_loop = true;
  bool budget_guard = true;          // Steers each accounting window to its budget.
  bool absent_guard = true;          // Leaves out idle slots that take nothing.
  double reactive_goal_percent = 5;  // [1..99] _DUAL: abandonment of reactive interactions.
  int warm_up_answers = 20;          // Progressive 1:1 until so many invitations were answered.
  double ceiling_per_slot = 3;       // Hard ceiling of the acceptances that m may bring, per slot.
  double window_s = 24 * 3600;       // [s] accounting window of the goal.
  double window_begins_s = 0;    // [s] of the pacing world: one begins here, others by window_s.
  double stale_after_s = 6;      // [s] statistics older than this or three refreshes: zero.
  double feedback_stale_s = 30;  // [s] feedback older than this or three refreshes: degraded.
  // Invitations go out right after decide(), so `pending` of the next
  // call saw them age; false: right before `proactive` was counted.
  bool sends_after_decision = true;
  // Priors, used until a target or its channel knows better.
  double default_acceptance = 0.3;
  double default_answer_delay_s = 10;
  double default_service_s = 240;
  double default_wrap_up_s = 20;
  double default_patience_s = 60;
};

}  // namespace paceline::pacer
