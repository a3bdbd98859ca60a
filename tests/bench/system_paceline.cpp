// Paceline itself behind the bench's interface: the pacer's own decision engine, fed with what its
// shell would feed it: counts, counters and the endpoint's feedback.
#include <algorithm>

#include "services/pacer/pacing.h"
#include "tests/bench/lagging_feedback.h"
#include "tests/bench/random_stream.h"
#include "tests/bench/systems.h"

namespace paceline::test {
using namespace pacer;
namespace {

PacingOptions options_of(const Scenario& scenario, bool closed_form) {
  PacingOptions options;
  if (closed_form)
    options.algorithm = scenario.dual ? Algorithm::predictive_b_dual : Algorithm::predictive_b;
  else
    options.algorithm =
        scenario.dual ? Algorithm::super_progressive_dual : Algorithm::super_progressive;
  options.optimization_target =
      scenario.busy_goal ? OptimizationTarget::busy_factor : OptimizationTarget::abandonment_rate;
  if (scenario.service_level_s > 0) {
    options.optimization_target = OptimizationTarget::service_level;
    options.service_level_seconds = static_cast<int>(scenario.service_level_s);
  }
  options.abandonment_threshold = static_cast<int>(scenario.threshold_s);
  options.rolling_days = scenario.rolling_days;
  options.optimization_goal = static_cast<int>(scenario.goal * 100 + 0.5);
  options.proactive_ratio = static_cast<int>(scenario.proactive_ratio * 100 + 0.5);
  options.refresh_period =
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>{scenario.refresh_s});
  return options;
}

PacingTuning tuning_of(const Scenario& scenario) {
  PacingTuning tuning;
  tuning.reactive_goal_percent = scenario.reactive_goal * 100;
  tuning.stale_after_s = std::max(tuning.stale_after_s, 3 * scenario.refresh_s);
  tuning.window_s = scenario.day_h * 3600;  // The days that are counted are the accounting windows.
  tuning.window_begins_s = (scenario.warm_up_h + scenario.windows_later_h) * 3600;
  return tuning;
}

class Paceline final : public System {
 public:
  Paceline(const Scenario& scenario, PacelineVariant variant, std::uint64_t seed)
      : options_{options_of(scenario, variant.closed_form)},
        variant_{variant},
        slots_per_agent_{scenario.slots},
        period_{scenario.refresh_s},
        pacing_{tuning_of(scenario)},
        chance_{seed, 98},
        has_feedback_{scenario.feedback},
        feedback_age_s_{scenario.feedback_age_told ? scenario.feedback_lag_s : 0},
        feedback_{scenario.feedback_lag_s} {}

  int decide(const View& view) override {
    for (const Observation& observation : view.observed) count(observation);
    if (view.answered >= 0) answered_ = static_cast<std::uint64_t>(view.answered);
    if (view.abandoned >= 0) abandoned_ = static_cast<std::uint64_t>(view.abandoned);
    PacingInputs inputs;
    inputs.stat_age_s = view.now_s - view.statistics_at_s;
    inputs.logged_in = view.logged_in / slots_per_agent_;
    inputs.slots = view.logged_in;
    inputs.idle = view.idle;
    inputs.busy = view.talking;
    inputs.wrap_up = view.wrap_up;
    inputs.queue = view.queue_proactive + view.queue_reactive;
    inputs.entered = answered_ + abandoned_ + static_cast<std::uint64_t>(inputs.queue);
    inputs.answered = answered_;
    inputs.abandoned = abandoned_;
    inputs.proactive.sent = static_cast<std::uint64_t>(view.sent);
    inputs.proactive.accepted = static_cast<std::uint64_t>(view.accepted);
    inputs.proactive.rejected = static_cast<std::uint64_t>(view.refused);
    inputs.proactive.pending = static_cast<std::uint32_t>(view.pending);
    inputs.proactive.answered = proactive_answered_;
    inputs.proactive.abandoned = proactive_abandoned_;
    inputs.proactive = feedback_.told(inputs.proactive, view.now_s);
    inputs.feedback_age_s = feedback_age_s_;
    if (!has_feedback_) {
      inputs.proactive = {};
      inputs.feedback_age_s = -1;
    }
    const Decision decision = pacing_.decide(inputs, options_, {}, chance_.uniform(), view.now_s);
    absent_ = decision.not_answering;
    return decision.invitations;
  }

  double absent() const override { return absent_; }

  double period_s() const override { return period_; }
  double debounce_s() const override { return variant_.debounce_s; }

 private:
  void count(const Observation& observation) {
    switch (observation.kind) {
      case Observation::Kind::served:
        ++answered_;
        proactive_answered_ += observation.proactive;
        return;
      case Observation::Kind::abandoned:
        ++abandoned_;
        proactive_abandoned_ += observation.proactive;
        return;
      case Observation::Kind::accepted:
      case Observation::Kind::refused:
      case Observation::Kind::arrived:
      case Observation::Kind::talk_ended:
      case Observation::Kind::freed:
        return;
    }
  }

  PacingOptions options_;
  PacelineVariant variant_;
  int slots_per_agent_;
  double period_;
  TargetPacing pacing_;
  RandomStream chance_;
  bool has_feedback_;
  double feedback_age_s_;  // As it is told.
  LaggingFeedback feedback_;
  double absent_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t abandoned_ = 0;
  std::uint64_t proactive_answered_ = 0;
  std::uint64_t proactive_abandoned_ = 0;
};

}  // namespace

std::unique_ptr<System> make_paceline(const Scenario& scenario, PacelineVariant variant,
                                      std::uint64_t seed) {
  return std::make_unique<Paceline>(scenario, variant, seed);
}

}  // namespace paceline::test
