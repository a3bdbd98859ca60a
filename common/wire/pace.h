// Channel `pace`: pacer -> publisher, watch. What each pacing target is granted, and why.
#pragma once

#include "common/wire/state_frame.h"

namespace paceline {

enum class PaceState : std::uint8_t { ok, degraded, stale, disabled };

template <>
inline constexpr std::array words_of<PaceState>{
    Word{"ok", "paced on good statistics"},
    Word{"degraded", "paced with less to go by: statistics provisional or feedback missing"},
    Word{"stale", "not paced: its statistics are too old or not visible"},
    Word{"disabled", "not paced: switched off by an option"},
};
static_assert(words_match<PaceState>());

enum class PaceReason : std::uint8_t {
  granted,
  no_agents,
  no_idle_expected,
  pending_enough,
  goal_guard,
  ratio_cap,
  warm_up,
  ceiling,
  growth_cap,
  fast_cut,
  stale_statistics,
  not_visible,
  disabled,
  shared_agents,
  idle_not_answering,
  pending_cap,
  statistics_contradicted,
  paused,
};

/// Why a target was granted what it was: the binding constraint of its last decision. A closed list.
template <>
inline constexpr std::array words_of<PaceReason>{
    Word{"granted", "invitations go out: nothing is withheld but what the goal asks for"},
    Word{"no_agents", "nobody is logged in"},
    Word{"no_idle_expected", "no agent is free or expected to be within the answer delay"},
    Word{"pending_enough", "those already outstanding are as many as may be"},
    Word{"goal_guard", "the closed loop holds back to keep the abandonment goal"},
    Word{"ratio_cap", "proactiveRatio (_DUAL) binds"},
    Word{"warm_up", "one for one until enough answers are known"},
    Word{"ceiling", "the hard ceiling of outstanding invitations per agent"},
    Word{"growth_cap", "the number may not grow faster in one refresh"},
    Word{"fast_cut", "a burst of abandonment halved it"},
    Word{"stale_statistics", "the statistics are older than the bound"},
    Word{"not_visible", "the Stat Server does not see the target"},
    Word{"disabled", "switched off by an option"},
    Word{"shared_agents", "other targets claim the agents that it shares with them"},
    Word{"idle_not_answering",
         "agents count as ready, but take nothing from the queue beside them"},
    Word{"pending_cap", "max_pending_per_agent binds"},
    Word{"statistics_contradicted", "statistics stand still while the endpoint tells of visitors"},
    Word{"paused", "an operator has paused the cluster"},
};
static_assert(words_match<PaceReason>());

/// A pacer shard's last refresh.
struct PaceCycle {
  std::uint64_t cycle = 0;
  std::uint32_t decided = 0;
  double decide_us = 0;
  double stat_age_s = 0;
  double feedback_age_s = 0;
  std::uint32_t cold = 0;
  std::uint32_t awaiting = 0;

  static constexpr About about{"pace_cycle", "A pacer shard's last refresh."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&PaceCycle::cycle, "cycle", "", "refreshes since the start of this pacer"},
        Field{&PaceCycle::decided, "decided", "targets", "decided in it"},
        Field{&PaceCycle::decide_us, "decide_us", "us", 0, max_seconds * 1e6, "time that took"},
        Field{&PaceCycle::stat_age_s, "stat_age_s", "s", -1, max_seconds,
              "age of the last `stat` message; -1 = none yet"},
        Field{&PaceCycle::feedback_age_s, "feedback_age_s", "s", -1, max_seconds,
              "age of the last `feedback` message; -1 = none yet"},
        Field{&PaceCycle::cold, "cold", "targets", "with nothing learned yet"},
        Field{&PaceCycle::awaiting, "awaiting", "targets",
              "of those, that still wait for what a peer has learned"},
    };
  }
  bool operator==(const PaceCycle&) const = default;
};
static_assert(lists_every_member<PaceCycle>());

/// What one pacing target is granted now, and why; then what it was decided from, for people.
struct TargetPace {
  using Head = PaceCycle;

  PaceState state = PaceState::stale;
  PaceReason reason = PaceReason::stale_statistics;
  std::int32_t proactive = 0;
  std::int32_t max_pending = 0;
  std::int32_t reactive = 0;
  double reactive_state = 1;
  double predicted_wait_s = 0;
  std::int32_t logged_in = 0;
  std::int32_t ready = 0;
  std::int32_t busy = 0;
  std::int32_t after_call_work = 0;
  std::int32_t in_queue = 0;
  std::int32_t pending = 0;
  double acceptance = 0;
  double abandonment = 0;
  double busy_factor = 0;
  std::int32_t goal = 0;

  static constexpr About about{"pace", "What one pacing target is granted now, and why."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&TargetPace::state, "state", "whether it is paced as it should be"},
        Field{&TargetPace::reason, "reason", "what bound the last decision"},
        Field{&TargetPace::proactive, "proactive", "invitations", 0, max_count,
              "new ones that may go out now"},
        Field{&TargetPace::max_pending, "max_pending", "invitations", 0, max_count,
              "that may be outstanding at once: the stock m"},
        Field{&TargetPace::reactive, "reactive", "interactions", 0, max_count,
              "capacity set aside for reactive traffic"},
        Field{&TargetPace::reactive_state, "reactive_state", "", 0, 1,
              "probability that a new reactive engagement be allowed"},
        Field{&TargetPace::predicted_wait_s, "predicted_wait_s", "s", 0, max_seconds,
              "of a visitor who accepts now"},
        Field{&TargetPace::logged_in, "logged_in", "agents", 0, max_count,
              "logged in to the group when it was decided"},
        Field{&TargetPace::ready, "ready", "agents", 0, max_count,
              "logged in and free when it was decided"},
        Field{&TargetPace::busy, "busy", "agents", 0, max_count,
              "with an interaction when it was decided"},
        Field{&TargetPace::after_call_work, "after_call_work", "agents", 0, max_count,
              "in after-call work when it was decided"},
        Field{&TargetPace::in_queue, "in_queue", "interactions", 0, max_count,
              "waiting in the queue when it was decided"},
        Field{&TargetPace::pending, "pending", "invitations", 0, max_count,
              "outstanding, as believed now"},
        Field{&TargetPace::acceptance, "acceptance", "", 0, 1,
              "learned acceptance rate of invitations"},
        Field{&TargetPace::abandonment, "abandonment", "", 0, 1,
              "of proactive interactions, over the accounting window"},
        Field{&TargetPace::busy_factor, "busy_factor", "", 0, 1, "busy of logged in, smoothed"},
        Field{&TargetPace::goal, "goal", "percent", 0, 100, "optimizationGoal in force"},
    };
  }
  bool operator==(const TargetPace&) const = default;
};
static_assert(lists_every_member<TargetPace>());

}  // namespace paceline
