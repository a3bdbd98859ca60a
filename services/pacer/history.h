// What one target has taught us: estimates from the changes of its counters, shrunk toward the
// media channel's while they are few, forgetting as they age. Pure.
//
//   Observed seen = history.observe(inputs, sent_new, now_s);   // learns; tells what ended since
//   Estimates now = history.estimates(pool, tuning);
//   Forecast free = history.forecast(horizons, estimates);
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "services/pacer/goal_loop.h"
#include "services/pacer/hazard.h"
#include "services/pacer/pacing_inputs.h"

namespace paceline::pacer {

/// All that survives a restart, of one target: plain.
struct Learned {
  double accepted = 0;      // [answers, >= 0] forgotten at 0.998 an answer.
  double answers = 0;       // Accepted, rejected or timed out.
  double pending_s = 0;     // [s] spent waiting for them, forgotten with them.
  double answers_ever = 0;  // [answers] not forgotten.
  PhaseLearned service{};
  PhaseLearned wrap_up{};
  double queue_s = 0;          // [s] waited in the queue, forgotten at 0.999 an outcome.
  double queue_abandoned = 0;  // [interactions] that left it, forgotten with it.
  double reactive_rate = 0;    // [1/s] smoothed over 10 minutes; slightly negative by lag at times.
  double smoothed_s = 0;       // [s, 0..600] how much time the smoothed figures rest on.
  double proactive_share = 0.5;  // [0..1] of the answered interactions, smoothed.
  double busy_factor = 0;        // [0..1] smoothed over 10 minutes.
  double occupancy = 0;          // [0..1] the same with wrap-up.
  double integral = 0;           // BUSY_FACTOR's I.
  bool quantile = false;         // Whether the loops steer QUANT's z or RISK's risk.
  LoopLearned proactive{};
  LoopLearned reactive{};
  double window_s = 0;       // [s] age of the accounting window.
  double window_seen_s = 0;  // [s] of it that decisions were made in.
  double unserved = 0;       // [interactions] of the window: reactive, gave up for no invited one.
  double unserved_long = 0;  // [interactions] the same, forgotten over two weeks.
  double reactive_long = 0;  // [interactions] reactive ones that ended, forgotten with them.

  bool operator==(const Learned&) const = default;
};

/// `learned` with every figure that is not finite or out of its range replaced by "nothing known".
Learned sanitised(const Learned& learned);

/// What the targets of one media channel know together; each counts as at most some hundred
/// samples.
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

  void add(const Learned& learned);
};

struct Estimates {
  double acceptance = 0;      // [0.001..1]
  double answer_delay_s = 0;  // [0.05..3600]
  double service_s = 0;       // [0.5..1e5]
  double wrap_up_s = 0;       // [0..1e5]
  double patience_s = 0;      // [0.2..1e5]
  double reactive_rate = 0;   // [1/s, 0..1e4]
};

/// What happened between two observations.
struct Observed {
  double dt_s = 0;     // [s] 0 = the first one, or after a gap too long to learn from.
  double gap_s = 0;    // [s] passed, whatever was learned from it.
  double answers = 0;  // To invitations.
  double proactive_answered = 0;
  double proactive_abandoned = 0;
  double reactive_answered = 0;
  double reactive_abandoned = 0;
  bool changed = true;  // Any count differs.
};

/// Slots that come free within each horizon: mean and variance of their number, and the chance that
/// an interaction that began now would be over by then.
inline constexpr std::size_t max_horizons = 5;
struct Forecast {
  std::array<double, max_horizons> mean{};
  std::array<double, max_horizons> variance{};
  std::array<double, max_horizons> fresh{};
};

/// The slots in one phase by the time since it began, and what that phase has taught.
class PhaseAges {
 public:
  Hazard hazard{};

  /// `ends` of the slots left the phase, drawn by the hazard; new ones fill up to `count`.
  void reconstruct(std::int32_t count, double ends, double dt_s, double now_s);
  /// Forgets who is in the phase; what was learned stays.
  void forget_ages();
  /// Makes the chances below fit what was learned, if that or the arguments changed noticeably.
  ///   then_s  [s, >= 0] mean of the phase that follows before the slot is free
  void prepare(std::span<const double> horizons_s, double mean_s, double then_s);

  /// Adds those of `slots` slots that come free within each horizon of prepare().
  ///   cost  O(bins x horizons)
  void add_free(double slots, Forecast& forecast) const;
  /// Chance that a slot which enters the phase now is free within the k-th horizon.
  double fresh_free(std::size_t k) const { return chance_[0][k]; }

  /// Changes whenever prepare() made the chances anew.
  std::uint32_t remade() const { return remade_; }

  std::size_t count() const { return starts_.size(); }
  /// Whether most start times are reconstructed rather than guessed.
  bool known() const { return guesses_ * 2 <= starts_.size(); }

 private:
  void expose(double dt_s);
  void end_one(double now_s);
  void end_oldest(std::size_t ends, double now_s);
  void sort_into_bin(double elapsed_s);

  // Slots by hazard bin, as of the last call.
  struct Bins {
    std::array<double, hazard_bins> count{};
    std::array<double, hazard_bins> elapsed_s{};  // Sum.
  };

  std::vector<double> starts_;  // [s] when each slot entered the phase, ascending.
  Bins bins_{};
  std::size_t guesses_ = 0;  // How many of them, from the oldest, are only guessed.
  double mean_s_ = 240;
  bool learned_more_ = true;
  int prepared_ = 0;  // Calls of prepare() since the chances were made.
  std::uint32_t remade_ = 0;
  double then_s_ = 0;
  std::array<double, max_horizons> horizons_s_{};
  std::size_t horizon_count_ = 0;
  // By bin: the chance to be free within each horizon, for one who has been in the phase since the
  // bin's edge.
  std::array<std::array<float, max_horizons>, hazard_bins + 1> chance_{};
  std::uint64_t draw_ = 0x9e3779b97f4a7c15ull;
};

class TargetHistory {
 public:
  /// Learns from the difference to the last call.
  ///   sent_new  [invitations] that the last decision let go
  Observed observe(const PacingInputs& inputs, const PacingTuning& tuning, double sent_new,
                   double now_s);

  Estimates estimates(const ChannelPool& pool, const PacingTuning& tuning) const;

  /// How many of the busy and wrapping-up slots come free within each horizon.
  ///   horizons_s  [s, >= 0] at most max_horizons of them
  ///   cost        O(slots + bins x horizons)
  Forecast forecast(std::span<const double> horizons_s, const Estimates& estimates);

  /// Invitations that the endpoint knows to be accepted, but that came after the statistics were
  /// true.
  ///   since_s  [s] when the statistics were true
  double accepted_unseen(double since_s) const;

  /// Changes whenever the chances of an interaction that begins now (Forecast::fresh) do.
  std::uint32_t chances() const { return busy_.remade(); }

  /// Whether the start times of most slots are reconstructed rather than guessed.
  bool known() const { return busy_.known() && wrap_up_.known(); }

  /// All that was learned, as a checkpoint keeps it.
  Learned learned() const;
  void restore(const Learned& from);

  /// The part that the control loops keep here, so that one value holds all that was learned.
  Learned& loops() { return learned_; }
  const Learned& loops() const { return learned_; }

  /// Forgets a share of the samples, toward the priors.
  ///   keep  [0..1]
  void decay(double keep);

 private:
  void learn_answers(const PacingInputs& inputs, const PacingTuning& tuning, double sent_new,
                     double now_s, Observed& seen);
  void learn_phases(const PacingInputs& inputs, double dt_s, double answered, double true_s);
  void smooth(double dt_s, double reactive_entered, double answered, double proactive_answered);

  // The endpoint's count of accepted invitations over the last moments, a ring.
  struct AcceptedAt {
    double at_s = 0;
    std::uint64_t accepted = 0;
  };

  Learned learned_{};
  std::array<AcceptedAt, 32> accepted_at_{};
  std::size_t accepted_next_ = 0;
  std::size_t accepted_known_ = 0;

  bool has_last_ = false;
  double last_s_ = 0;
  double last_true_s_ = 0;  // When the last statistics were true.
  PacingInputs last_{};
  double last_feedback_s_ = 0;
  bool has_feedback_ = false;
  double ends_carry_ = 0;  // Ends that the counters told before the counts did, or the reverse.
  double wrap_carry_ = 0;
  double reactive_answered_carry_ = 0;  // The same between endpoint and source.
  double reactive_abandoned_carry_ = 0;
  double no_answer_s_ = 0;  // Since the last answer to an invitation.
  double undecayed_s_ = 0;
  PhaseAges busy_;
  PhaseAges wrap_up_;
};

}  // namespace paceline::pacer
