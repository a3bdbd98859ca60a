// How many invitations may one pacing target have outstanding now? The decision engine: pure, no
// clock, no socket, no log, no allocation once the group has reached its size.
//
//   TargetPacing pacing{tuning};    // one target's learned state: a plain value
//   Decision d = pacing.decide(inputs, options, pool, random.uniform(), now_s);
//   pool.add(pacing.learned());     // what the targets of a media channel know together
//
// Call decide() once a refresh, or whenever something changed; between
// two calls any time may pass. Times are seconds of the pacing world,
// on any origin, never falling (a fall is taken for no time).
//
// Invariants:
//   every number is finite, and >= 0 unless its comment says otherwise, whatever the inputs
//   the same state, inputs and uniform give the same decision
//   m is a stock: repeating a decision spends no agent twice
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "common/base/pacing_options.h"
#include "common/wire/messages.h"
#include "services/pacer/abandonment_spread.h"
#include "services/pacer/absent_agents.h"
#include "services/pacer/acceptance_collapse.h"
#include "services/pacer/budget_reserve.h"
#include "services/pacer/contradiction.h"
#include "services/pacer/dual.h"
#include "services/pacer/hidden_lag.h"
#include "services/pacer/history.h"
#include "services/pacer/on_demand.h"
#include "services/pacer/own_grants.h"
#include "services/pacer/pacing_inputs.h"
#include "services/pacer/super_progressive.h"
#include "services/pacer/waits.h"

namespace paceline::pacer {

/// How well the ends of running interactions are foreseen. The numbers are those of `explain`.
enum class PacingInformation : std::uint8_t {
  reconstructed = 1,  // By the times since they began, reconstructed from changes of the counts.
  memoryless = 2,     // Too few turned over yet: every interaction may end with the mean's rate.
};

/// Everything between inputs and result. Each member has its name, unit and meaning for people in
/// common/wire/explanation.h, and stands in a list of explain.h.
struct DecisionExplanation {
  PacingInformation information = PacingInformation::memoryless;

  // Estimates.
  double acceptance = 0;      // [0..1]
  double answer_delay_s = 0;  // [s]
  double service_s = 0;       // [s]
  double wrap_up_s = 0;       // [s]
  double patience_s = 0;      // [s]
  double reactive_rate = 0;   // [1/s] arrivals that no invitation caused.
  double hidden_lag_s = 0;    // [s] by which the statistics are older than they claim.
  // Over the accounting window.
  double proactive_abandonment = 0;  // [0..1]
  double reactive_abandonment = 0;   // [0..1]
  double reactive_unserved = 0;      // [0..1] part of it without any invitation, over two weeks.
  double outcomes = 0;               // [interactions] proactive ones that ended.
  double window_age_s = 0;           // [s]
  double window_length_s = 0;        // [s]
  double service_level = 0;        // [0..1] answered in time, of the outcomes; SERVICE_LEVEL only.
  double late = 0;                 // [interactions] answered, but not in time; likewise.
  double brief = 0;                // [interactions] left before abandonment_threshold: not counted.
  double rolling_abandonment = 0;  // [0..1] over the rolling window; 0 without one.
  double rolling_outcomes = 0;     // [interactions] likewise.
  // Smoothed.
  double occupancy = 0;    // [0..1] (busy + wrap-up) / slots
  double busy_factor = 0;  // [0..1] busy / slots

  // Steps.
  double slots = 0;  // [slots]
  // Busy or in wrap-up now, expected to be free within
  // the answer delay, and the standard deviation of that.
  double expected_free = 0;      // [slots]
  double expected_free_sd = 0;   // [slots]
  double expected_reactive = 0;  // [interactions] within the delay; _DUAL only.
  // s: ln of the risk that one more invitation may bear; any sign.
  double aggressiveness = 0;           // Of the proactive loop.
  double aggressiveness_reactive = 0;  // Of the reactive loop; _DUAL only.
  double aggressiveness_used = 0;      // After the correction for the window's budget.
  double displaced = 0;  // [interactions] reactive ones lost to invited ones, in the window.
  double displaced_allowed = 0;  // [0..1] share of the reactive ones that may be; _DUAL only.
  double budget_excess = 0;      // [interactions] abandoned beyond the window's budget; any sign.
  double closing_excess = 0;     // [interactions] expected beyond it at the window's end.
  double rolling_excess = 0;     // [interactions] beyond the rolling window's budget; any sign.
  bool rolling_binds = false;    // Its budget is the tighter one.
  double risk_allowed = 0;       // [0..1] chance to abandon that the last invitation may have.
  double risk_at_m = 0;          // [0..1] chance that it has.
  double m_model = 0;            // [invitations] before the guards.
  double m_ceiling = 0;          // [invitations]
  double integral = 0;           // [-0.3..0.3] BUSY_FACTOR's I.
  double pending = 0;            // [invitations] outstanding, as estimated now.
  double unseen = 0;   // [invitations] accepted after the statistics were true; counted as queue.
  double uniform = 0;  // [0, 1) the draw in force.

  // Of those who share its agents; 0 without a pool.
  double pool_members = 0;    // [targets] this one counted.
  double shared_agents = 0;   // [agents]
  double others_queue = 0;    // [interactions] the unseen ones counted.
  double others_pending = 0;  // [invitations] of this target's acceptance.
  double own_correction = 0;  // [<= 0] of s, for the target's own abandonment.
};

/// What is decided.
struct Offer {
  PaceState state = PaceState::stale;
  PaceReason reason = PaceReason::stale_statistics;
  std::int32_t invitations = 0;  // New ones that may go out now: max(0, max_pending - pending).
  std::int32_t max_pending = 0;  // floor(m + u)
  double m = 0;                  // [invitations] that may be outstanding at once.
  std::int32_t reactive = 0;     // [slots] left for reactive traffic.
  double reactive_state = 1;     // [0..1] chance that a new reactive engagement be allowed.
  double reactive_demand = 0;    // [interactions] expected within the delay: a channel's weight.
  double predicted_wait_s = 0;   // [s] of a visitor who accepts now.
  double not_answering = 0;      // [slots] of the idle ones, that take nothing.
  bool feedback_late = false;    // It stopped: what is pending is a guess, the state is degraded.
};

struct Decision : Offer {
  DecisionExplanation explanation{};
};

class TargetPacing {
 public:
  explicit TargetPacing(const PacingTuning& tuning = {})
      : tuning_{std::make_shared<const PacingTuning>(tuning)} {}
  /// With the parameters that all targets of a pacer have in common.
  explicit TargetPacing(std::shared_ptr<const PacingTuning> tuning) : tuning_{std::move(tuning)} {}

  /// Learns from what changed since the last call, then decides.
  ///
  ///   pool     what the other targets of the media channel know; {} = nothing
  ///   uniform  [0, 1) a new draw; kept until the target's state changes
  ///   now_s    [s] of the pacing world
  ///   cost     O(slots) at most; O(1) in the closed form
  Decision decide(const PacingInputs& inputs, const PacingOptions& options, const ChannelPool& pool,
                  double uniform, double now_s);

  /// What the last decide() decided, and why.
  const Offer& offer() const { return offer_; }
  Decision decision() const;

  /// What a checkpoint keeps, and what it is restored from.
  Learned learned() const;

  /// The part of it that the other targets of the media channel are told.
  ChannelPool told_to_pool() const { return history_.told_to_pool(); }

  /// [answers] that it ever learned from, here or by whom it was restored from.
  double answers_ever() const { return history_.loops().answers_ever; }

  /// Whether too little is known of it to pace by: it is still in its warm-up, and what it was
  /// restored from had not passed that either.
  bool cold() const;

  /// Takes up learned state that is `age_s` [s, >= 0] old; values out of range fall back to priors.
  void restore(const Learned& learned, double age_s);

  /// Asks the memory for what the next decide() reads: itself, once that is there its parts, and
  /// once they are the ages of phases.
  void fetch() const { fetch_ahead(this, sizeof *this); }
  void fetch_ages() const { history_.fetch_ages(); }
  void fetch_parts() const {
    history_.fetch_parts();
    working_.fetch();
    grants_.fetch();
    feedback_lag_.fetch();
  }

 private:
  struct Model;  // One decision in the making.

  // What follows from the answer delay, kept until that moves by more than a bound.
  struct Delays {
    double delay_s = 0;
    double stat_age_s = -1;
    double refresh_s = 0;
    std::uint32_t chances = 0;
    bool made = false;  // The parts below fit the chances.
    std::array<double, delay_quantiles + 1> horizons_s{};
    std::array<double, delay_quantiles> leaves{};     // Cumulative hazard of one who begins now.
    std::array<double, delay_quantiles> accepted{};   // Of the invitations that will be accepted.
    std::array<double, delay_quantiles> arrived_s{};  // Reactive visitors per unit of their rate.

    void follow(double answer_s, double age_s, double period_s);
  };

  // The last model, used again while nothing is seen to change.
  struct CachedModel {
    double at_s = 0;
    bool valid = false;
    PacingOptions options{};
    double stat_age_s = 0;
    double service_s = 0;
    double m = 0;
    double most = 0;  // [invitations] that abandonment allows, as far as it was asked.
    double capacity = 0;
    bool integer = false;
    double crossing = -1;
    PaceReason reason = PaceReason::granted;
    bool bound = false;
  };

  // What the model needs once there are agents.
  struct Working {
    Delays delays{};
    CachedModel cached{};
    // Where the search for m* begins: the last one, and
    // the slots that it was for (expected_capacity()).
    int last_stock = 0;
    double last_capacity = 0;
    DecisionExplanation why{};  // Of the last decision that was not withheld.
  };

  void learn_and_decide(const PacingInputs& inputs, const PacingOptions& options,
                        const ChannelPool& pool, double uniform, double now_s);

  // The loops (pacing_loops.cpp).
  void learn(const PacingInputs& inputs, const PacingOptions& options, double allowed,
             const Observed& seen);
  double learn_attributable(const PacingInputs& inputs, const PacingOptions& options,
                            const Observed& seen);
  struct Ended {
    double kept = 0;  // [interactions] as the goal wants them.
    double lost = 0;  // [interactions] not so.
  };
  Ended ended_by_goal(const PacingInputs& inputs, const PacingOptions& options,
                      const Observed& seen, bool apart);
  double unserved_share() const;
  double attributable_share(const PacingInputs& inputs) const;
  void start_loops(const PacingOptions& options, double allowed, double slots,
                   const Estimates& estimates);
  void turn_window(const PacingInputs& inputs, const PacingOptions& options, double now_s,
                   double dt_s, double allowed);
  double outcomes_left(const LoopLearned& loop, double slots, const Estimates& estimates) const;
  // Whether a burst of abandonment halved the stock just now.
  bool detect_burst(const Observed& seen, double now_s);

  // The model.
  double estimated_pending(const PacingInputs& inputs, double delay_s, double refresh_s,
                           double now_s) const;
  double unsaid_feedback_lag(const PacingInputs& inputs, double now_s);
  void learn_unfed(const PacingInputs& inputs, const Observed& seen, const Estimates& estimates);
  bool reuse_model(Model& model, bool changed) const;
  void fit_delays(Delays& delays, const Forecast& free) const;
  void model_stock(Model& model);
  double usable_s(Model& model);
  void model_by_quantile(Model& model, double variance, double s);
  void model_by_risk(Model& model, const Forecast& free, double s, double wanted);
  RiskProblem risk_problem(const Model& model, const Forecast& free) const;
  double wanted_busy(const Model& model, const DecisionExplanation& explanation) const;

  // What becomes of it.
  void guard_stock(Model& model);
  void conclude(Model& model);
  PaceReason reason_of(const Model& model) const;
  double left_by_others(const Model& model) const;
  bool others_bind(const Model& model, double pending) const;
  PaceReason reason_beside_faults(const Offer& offer) const;
  void fill_explanation(Model& model) const;
  void withhold(PaceState state, PaceReason reason, const PacingInputs& inputs);

  std::shared_ptr<const PacingTuning> tuning_;
  TargetHistory history_;
  HiddenLag hidden_lag_;
  Contradiction contradiction_;
  bool decided_ = false;
  double decided_s_ = 0;  // [s] when decide() last went through.
  double last_m_ = 0;

  Offer offer_{};
  OnDemand<Working> working_;
  bool withheld_ = true;  // The last decision, of which so much is kept:
  std::int32_t withheld_slots_ = 0;
  std::int32_t withheld_pending_ = 0;  // [invitations]
  double sent_new_ = 0;                // [invitations] that the last decision let go.
  double own_pending_ = 0;             // [invitations] as bookkept while no feedback comes.
  double no_outcome_s_ = 0;            // [s] since a proactive interaction ended.
  OnDemand<QueueWaits> waits_;         // Once it matters how long visitors wait.
  OnDemand<RollingDays> rolling_;      // Once the option asks for days before the window.
  double window_length_s_ = 0;         // [s] of the accounting window; 0 = none seen yet.
  double budget_correction_ = 0;       // v of the window's budget, as the last decision used it.
  double uniform_ = 0.5;
  std::optional<AttributableAbandonment> attributable_{};  // While _DUAL.

  // For the fast cut: what ended lately, by ten seconds, a ring; and what the cuts left of m.
  std::array<double, 6> recent_served_{};
  std::array<double, 6> recent_abandoned_{};
  std::int64_t recent_slot_ = 0;
  double cut_ = 1;    // (0..1]
  double cut_s_ = 0;  // [s] when it last changed.

  AbsentAgents absent_;
  AcceptanceCollapse collapse_;
  OnDemand<OwnGrants> grants_;        // Once any is made.
  OnDemand<HiddenLag> feedback_lag_;  // From a grant to its place in the endpoint's count.
  std::uint64_t granted_ = 0;         // [invitations] ever.
  AbandonmentSpread spread_;
  BudgetReserve reserve_;
  bool spent_ = false;  // The window is over its budget and the loop at its end.
};

}  // namespace paceline::pacer
