// What one target has taught: estimates from the changes of its counters, shrunk toward the media
// channel's while they are few, forgetting as they age. Pure.
//
//   Observed seen = history.observe(inputs, sent_new, now_s);   // learns; tells what ended since
//   Estimates now = history.estimates(pool, tuning);
//   Forecast free = history.forecast(horizons, estimates);
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "services/pacer/learned.h"
#include "services/pacer/on_demand.h"
#include "services/pacer/pacing_inputs.h"
#include "services/pacer/phase_ages.h"

namespace paceline::pacer {

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
  double dt_s = 0;      // [s] 0 = the first one, or after a gap too long to learn from.
  double gap_s = 0;     // [s] passed, whatever was learned from it.
  double answers = 0;   // To invitations.
  double accepted = 0;  // Of them.
  double entered = 0;   // Came into the queue, invited or not.
  double proactive_answered = 0;
  double proactive_abandoned = 0;
  double reactive_answered = 0;
  double reactive_abandoned = 0;
  bool changed = true;  // Any count differs.
};

class TargetHistory {
 public:
  /// Learns from the difference to the last call.
  ///   sent_new  [invitations] that the last decision let go
  ///   now_s     [s] of the pacing world
  Observed observe(const PacingInputs& inputs, const PacingTuning& tuning, double sent_new,
                   double now_s);

  Estimates estimates(const ChannelPool& pool, const PacingTuning& tuning) const;

  /// How many of the busy and wrapping-up slots come free within each horizon.
  ///   horizons_s  [s, >= 0] at most max_horizons of them
  ///   cost        O(slots + bins x horizons)
  Forecast forecast(std::span<const double> horizons_s, const Estimates& estimates);

  /// Invitations that the endpoint knows to be accepted since `since_s`.
  ///   since_s  [s] when the statistics were true
  double accepted_unseen(double since_s) const;

  /// Learns where no feedback has come yet: what the usual delay has answered, and who came. It is
  /// used until feedback comes, and no longer: on a standby nobody's invitations are our own.
  ///   answers   [answers, >= 0] expected
  ///   accepted  [answers, 0..answers]
  void learn_unfed(double answers, double accepted);

  /// [answers] that acceptance rests on, ever: told, and while none were, expected.
  double answers_known() const { return learned_.answers_ever + (has_feedback_ ? 0 : unfed_.ever); }

  /// What the answers so far told of acceptance is no evidence any more.
  void forget_answers();

  /// Changes whenever the chances of an interaction that begins now (Forecast::from_start) do.
  std::uint32_t chances() const { return busy_->remade(); }

  /// Whether the start times of most slots are reconstructed rather than guessed.
  bool known() const { return busy_->known() && wrap_up_->known(); }

  /// All that was learned here, as a checkpoint keeps it.
  Learned learned() const;
  void restore(const Learned& from);

  /// What it tells to the media channel's other targets.
  ChannelPool told_to_pool() const;

  /// The part that the control loops keep here, so that one value holds all that was learned.
  LearnedBasis& loops() { return learned_; }
  const LearnedBasis& loops() const { return learned_; }

  /// Forgets a share of the samples, toward the priors.
  ///   keep  [0..1]
  void decay(double keep);

  /// Asks the memory for the parts of it that the next observe() and forecast() read.
  void fetch_parts() const {
    busy_.fetch();
    wrap_up_.fetch();
    accepted_.fetch();
  }
  void fetch_ages() const {
    busy_->fetch_ages();
    wrap_up_->fetch_ages();
  }

 private:
  void learn_answers(const PacingInputs& inputs, const PacingTuning& tuning, double sent_new,
                     double now_s, Observed& seen);
  void pass_time(double now_s, Observed& seen);
  // Returns how many interactions an agent took since the last call.
  double learn_counters(const PacingInputs& inputs, double accepted, Observed& seen);
  void learn_phases(const PacingInputs& inputs, double dt_s, double answered, double true_s);
  void remember(const PacingInputs& inputs, double true_s, double now_s);
  void smooth(double dt_s, double reactive_entered, double answered, double proactive_answered);

  // The endpoint's count of accepted invitations in the last seconds, a ring.
  struct LateAccepted {
    static constexpr std::uint32_t size = 32;
    std::array<double, size> at_s{};
    std::array<std::uint32_t, size> accepted{};  // Their last bits: differences are asked for.
    std::uint32_t next = 0;
    std::uint32_t known = 0;

    void add(double now_s, std::uint64_t count);
    double since(double since_s) const;
  };
  // What the next inputs are compared with.
  struct Seen {
    std::int32_t idle = 0;
    std::int32_t busy = 0;
    std::int32_t wrap_up = 0;
    std::int32_t queue = 0;
    std::uint64_t entered = 0;
    std::uint64_t answered = 0;
    std::uint64_t abandoned = 0;
    double handling_time_s = 0;
    TargetFeedback proactive{};
    std::uint64_t stat_epoch = 0;
    std::uint64_t feedback_epoch = 0;
  };

  LearnedBasis learned_{};
  OnDemand<LateAccepted> accepted_;   // Once one is,
  std::uint64_t accepted_first_ = 0;  // beyond so many.

  bool has_last_ = false;
  double last_s_ = 0;
  double last_true_s_ = 0;  // When the last statistics were true.
  Seen last_{};
  OnDemand<PoolClaims> last_others_;  // Once another shares its agents.
  double last_feedback_s_ = 0;
  bool has_feedback_ = false;
  double ends_carry_ = 0;  // Ends that the counters told before the counts did, or the reverse.
  double wrap_carry_ = 0;
  double reactive_answered_carry_ = 0;  // The same between endpoint and source.
  double reactive_abandoned_carry_ = 0;
  double no_answer_s_ = 0;  // Since the last answer to an invitation.
  struct Unfed {
    float accepted = 0;  // [answers] forgotten as those of feedback are.
    float answers = 0;
    float ever = 0;
  };
  Unfed unfed_;
  double undecayed_s_ = 0;
  OnDemand<PhaseAges> busy_;     // Once somebody is served, or could be.
  OnDemand<PhaseAges> wrap_up_;  // Once somebody wraps up.
};

}  // namespace paceline::pacer
