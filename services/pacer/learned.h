// All that the pacer learns of one target, as a checkpoint keeps it, and what the targets of a
// media channel know together. Plain values.
#pragma once

#include "services/pacer/abandonment_spread.h"
#include "services/pacer/absent_agents.h"
#include "services/pacer/goal_loop.h"
#include "services/pacer/hazard.h"
#include "services/pacer/rolling.h"

namespace paceline::pacer {

inline constexpr double smoothing_s = 600;         // Time constant of the smoothed values.
inline constexpr double most_reactive_rate = 1e4;  // [1/s]

/// What every target keeps from its first decision on.
struct LearnedBasis {
  // Answers to invitations, forgotten at 0.998 an answer.
  double accepted = 0;      // [answers, 0..answers]
  double answers = 0;       // [answers, >= 0] accepted, rejected or timed out.
  double pending_s = 0;     // [s] spent waiting for them.
  double answers_ever = 0;  // [answers] not forgotten.

  // The queue, forgotten at 0.999 an outcome.
  double queue_s = 0;          // [s] waited in it.
  double queue_abandoned = 0;  // [interactions] that left it.

  // Smoothed over 10 minutes.
  double reactive_rate = 0;      // [1/s] slightly negative at times, since counters lag.
  double smoothed_s = 0;         // [s, 0..600] how much time the smoothed values rest on.
  double proactive_share = 0.5;  // [0..1] of the answered interactions.
  double busy_factor = 0;        // [0..1]
  double occupancy = 0;          // [0..1] the same with wrap-up.

  // The control loops.
  double integral = 0;    // [-0.3..0.3] BUSY_FACTOR's I.
  bool quantile = false;  // Whether the loops steer QUANT's z or RISK's risk.
  LoopLearned proactive{};
  LoopLearned reactive{};

  // The accounting window.
  double window_s = 0;       // [s] its age.
  double window_seen_s = 0;  // [s] of it that decisions were made in.
  double unserved = 0;       // [interactions] reactive ones who gave up, but not for invited ones.

  double late = 0;   // [interactions] answered, but too late for SERVICE_LEVEL, in the window.
  double brief = 0;  // [interactions] that left too soon to count, in the window.

  // The same, forgotten over two weeks.
  double unserved_long = 0;  // [interactions, 0..reactive_long]
  double reactive_long = 0;  // [interactions] reactive ones that ended.

  bool operator==(const LearnedBasis&) const = default;
};

/// All that survives a restart, of one target.
struct Learned : LearnedBasis {
  PhaseLearned service{};
  PhaseLearned wrap_up{};
  RollingDays rolling{};  // Days before the window, where the option asks for them.
  AbsentLearned absent{};
  SpreadLearned spread{};

  bool operator==(const Learned&) const = default;
};

/// `learned` with every value that is not finite or out of its range replaced by "nothing known".
Learned sanitised(const Learned& learned);

/// What the targets of one media channel know together, or one of them.
struct ChannelPool {
  double accepted = 0;
  double answers = 0;
  double pending_s = 0;
  double service_s = 0;
  double service_ends = 0;
  double wrap_up_s = 0;
  double wrap_up_ends = 0;
  double queue_s = 0;
  double queue_abandoned = 0;

  /// What one target knows, which counts as at most some hundred samples.
  void add(const ChannelPool& target);
  void add(const Learned& target);
};

/// The part of what a target learned that it tells to the others of its media channel.
ChannelPool told_to_pool(const LearnedBasis& target, const PhaseLearned& service,
                         const PhaseLearned& wrap_up);

}  // namespace paceline::pacer
