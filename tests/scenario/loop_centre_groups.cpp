// The closed loop's centre whose agents are alike: the simulator's own, and its endpoint.
#include "common/base/check.h"
#include "services/simulator/centre.h"
#include "services/simulator/publication_endpoint.h"
#include "tests/scenario/loop_centre.h"

namespace paceline::test {
namespace {

Targets targets_of_groups(const ClosedLoop::Plan& plan) {
  Targets targets;
  for (int i = 0; i < plan.groups * plan.targets_per_group; ++i) {
    const auto number = std::to_string(i);
    targets.all.push_back(
        {.id = "t" + number,
         .media_channel = "chat",
         .group = "g" + std::to_string(i / plan.targets_per_group),
         .queue = "q" + number,
         .options = {.refresh_period = plan.refresh_period, .capacity = plan.capacity}});
  }
  return targets;
}

simulator::CentreModel model_of_groups(const ClosedLoop::Plan& plan) {
  simulator::CentreModel model{.kinds = {plan.kind}, .targets = {}};
  for (const auto& target : targets_of_groups(plan).all)
    model.targets.push_back({.id = target.id,
                             .channel = target.media_channel,
                             .group = target.group,
                             .queue = target.queue,
                             .size = static_cast<double>(plan.agents),
                             .calls = {}});
  return model;
}

class CentreOfGroups final : public LoopCentre {
 public:
  CentreOfGroups(const ClosedLoop::Plan& plan, std::uint64_t seed)
      : LoopCentre{targets_of_groups(plan)},
        centre_{model_of_groups(plan), seed},
        endpoint_{centre_, {.epoch = "one"}} {}

  void advance(Duration now) override { centre_.advance(now); }
  std::uint64_t changed(std::uint32_t target) const override { return centre_.changed(target); }

  LoopNumbers numbers(std::uint32_t target) const override {
    const simulator::TargetCounts& counts = centre_.latest_counts(target);
    const auto& [reactive, proactive] = std::tie(counts.reactive, counts.proactive);
    const double handled = static_cast<double>(counts.handled);
    return {.logged_in = counts.agents.logged_in,
            .ready = counts.agents.ready,
            .busy = counts.agents.busy,
            .wrap_up = counts.agents.wrap_up,
            .not_ready = counts.agents.not_ready,
            .slots = counts.logged_in,
            .in_handling = counts.busy + counts.wrap_up,
            .in_queue = reactive.queued + proactive.queued,
            .entered = reactive.entered + proactive.entered,
            .answered = reactive.answered + proactive.answered,
            .abandoned = reactive.abandoned + proactive.abandoned,
            .handling_s = handled > 0 ? counts.handling_s / handled : 0};
  }

  PublicationAnswer receive(const PublicationRequest& request) override {
    const auto verdict = endpoint_.receive(request, request.timestamp_ms, 1);
    CHECK(verdict.status == 200);
    return verdict.answer;
  }

  ClosedLoop::Totals totals() override {
    ClosedLoop::Totals all;
    for (std::uint32_t i = 0; i < centre_.size(); ++i) {
      const simulator::TargetCounts counts = centre_.counts(i);
      if (centre_.counts_agents(i)) {
        all.busy_s += counts.busy_s + counts.wrap_up_s;
        all.logged_in_s += counts.logged_in_s;
      }
      all.answered += counts.proactive.answered;
      all.abandoned += counts.proactive.abandoned;
    }
    return all;
  }

 private:
  simulator::Centre centre_;
  simulator::PublicationEndpoint endpoint_;
};

}  // namespace

std::unique_ptr<LoopCentre> centre_of_groups(const ClosedLoop::Plan& plan, std::uint64_t seed) {
  return std::make_unique<CentreOfGroups>(plan, seed);
}

}  // namespace paceline::test
