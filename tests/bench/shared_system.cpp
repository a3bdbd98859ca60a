// Paceline in a centre whose agents serve several targets, fed as its shell would feed it.
#include <algorithm>
#include <map>

#include "services/pacer/overlap.h"
#include "services/pacer/pool_view.h"
#include "tests/bench/shared_centre.h"

namespace paceline::test {
using namespace pacer;
namespace {

PacingTuning shared_tuning_of(const Scenario& scenario) {
  PacingTuning tuning;
  tuning.reactive_goal_percent = scenario.reactive_goal * 100;
  tuning.window_s = scenario.day_h * 3600;
  tuning.window_begins_s = scenario.warm_up_h * 3600;
  return tuning;
}

PacingInputs inputs_of(const SharedView& view) {
  const auto count = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  PacingInputs in;
  in.logged_in = view.logged_in;
  in.idle = view.idle;
  in.busy = view.talking;
  in.wrap_up = view.wrap_up;
  in.queue = view.queue;
  in.entered = count(view.entered);
  in.answered = count(view.answered);
  in.abandoned = count(view.abandoned);
  in.proactive.sent = count(view.sent);
  in.proactive.accepted = count(view.accepted);
  in.proactive.rejected = count(view.refused);
  in.proactive.pending = view.pending;
  in.proactive.answered = count(view.proactive_answered);
  in.proactive.abandoned = count(view.proactive_abandoned);
  return in;
}

std::vector<AgentClass> classes_of(const SharedScenario& scenario) {
  std::map<std::vector<std::uint32_t>, double> agents;
  for (const auto& skills : scenario.skills) {
    auto sorted = skills;
    std::sort(sorted.begin(), sorted.end());
    agents[sorted] += 1;
  }
  std::vector<AgentClass> classes;
  for (const auto& [targets, count] : agents) classes.push_back({targets, count});
  return classes;
}

enum class Known { nothing, membership, detected };

class PacelinePool final : public SharedSystem {
 public:
  PacelinePool(const SharedScenario& scenario, Known known, std::uint64_t seed)
      : known_{known},
        pool_{PoolSharing::of_agents(scenario.targets.size(), known == Known::membership
                                                                  ? classes_of(scenario)
                                                                  : std::vector<AgentClass>{}),
              shared_tuning_of(scenario.base)},
        search_{scenario.targets.size()},
        busy_(scenario.targets.size(), 0),
        pacing_(scenario.targets.size(), TargetPacing{shared_tuning_of(scenario.base)}),
        chance_{seed, 98} {
    for (std::uint32_t t = 0; t < scenario.targets.size(); ++t) {
      PacingOptions options;
      if (scenario.base.dual) options.algorithm = Algorithm::super_progressive_dual;
      options.optimization_goal = static_cast<int>(scenario.targets[t].goal * 100 + 0.5);
      options.proactive_ratio = 100;
      options.refresh_period = std::chrono::duration_cast<Duration>(
          std::chrono::duration<double>{scenario.base.refresh_s});
      options.weight = scenario.targets[t].weight;
      pool_.set_options(t, options);
    }
  }

  void decide(std::span<const SharedView> targets, double now_s, std::span<int> grants) override {
    if (known_ == Known::detected) detect(targets, now_s);
    for (std::uint32_t t = 0; t < targets.size(); ++t) pool_.see(t, inputs_of(targets[t]), now_s);
    for (const std::uint32_t t : pool_.line(now_s)) {
      const Decision decision =
          pacing_[t].decide(pool_.view(t), pool_.options(t), {}, chance_.uniform(), now_s);
      pool_.decided(t, decision, now_s);
      grants[t] = decision.invitations;
    }
  }

 private:
  // As the shell does: each look's changes, judged each minute.
  void detect(std::span<const SharedView> targets, double now_s) {
    changes_.clear();
    for (std::uint32_t t = 0; t < targets.size(); ++t) {
      if (targets[t].talking != busy_[t]) changes_.push_back({t, targets[t].talking - busy_[t]});
      busy_[t] = targets[t].talking;
    }
    search_.look(changes_, now_s);
    if (now_s < judged_s_ + 60) return;
    judged_s_ = now_s;
    if (!search_.judge(now_s)) return;
    std::vector<SharedPair> pairs;
    for (const DetectedOverlap& each : search_.found())
      pairs.push_back({each.a, each.b, each.of_a, each.of_b});
    pool_.set_sharing(PoolSharing::of_pairs(targets.size(), pairs));
  }

  Known known_;
  PoolView pool_;
  OverlapSearch search_;
  std::vector<int> busy_;
  std::vector<BusyChange> changes_;
  double judged_s_ = 0;
  std::vector<TargetPacing> pacing_;
  RandomStream chance_;
};

}  // namespace

std::unique_ptr<SharedSystem> make_shared_system(std::string_view name,
                                                 const SharedScenario& scenario,
                                                 std::uint64_t seed) {
  if (name == "paceline") return std::make_unique<PacelinePool>(scenario, Known::membership, seed);
  if (name == "paceline_alone")
    return std::make_unique<PacelinePool>(scenario, Known::nothing, seed);
  if (name == "paceline_detect")
    return std::make_unique<PacelinePool>(scenario, Known::detected, seed);
  return nullptr;
}

}  // namespace paceline::test
