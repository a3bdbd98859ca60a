// The closed loop's centre whose agents have some skills only: that of the pacing bench, and an
// endpoint that sends what a publication allows, as the simulator's does.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "common/base/check.h"
#include "tests/bench/shared_centre.h"
#include "tests/scenario/loop_centre.h"

namespace paceline::test {
namespace {

// The scenario's targets and agents, `copies` times side by side.
SharedScenario side_by_side(const std::string& name, int copies) {
  const auto found = shared_scenarios_named(name);
  CHECK(found.size() == 1);
  const SharedScenario& one = found.front();
  CHECK(one.base.reactive_load <= 0);
  SharedScenario all{.base = one.base, .targets = {}, .skills = {}};
  for (int copy = 0; copy < copies; ++copy) {
    const auto first = static_cast<std::uint32_t>(all.targets.size());
    for (const SharedTarget& target : one.targets) {
      CHECK(target.visitors_per_min <= 0);
      all.targets.push_back(target);
    }
    for (auto skills : one.skills) {
      for (auto& target : skills) target += first;
      all.skills.push_back(std::move(skills));
    }
  }
  all.base.agents = static_cast<int>(all.skills.size());
  return all;
}

Targets targets_of_skills(const SharedScenario& scenario, Duration refresh_period) {
  Targets targets;
  for (std::size_t i = 0; i < scenario.targets.size(); ++i) {
    const auto number = std::to_string(i);
    const SharedTarget& target = scenario.targets[i];
    targets.all.push_back(
        {.id = "t" + number,
         .media_channel = "chat",
         .group = "g" + number,
         .queue = "q" + number,
         .options = {.optimization_goal = static_cast<int>(100 * target.goal + 0.5),
                     .refresh_period = refresh_period,
                     .weight = target.weight}});
  }
  std::map<std::vector<std::string>, int> agents;
  for (const auto& skills : scenario.skills) {
    std::vector<std::string> groups;
    for (const auto target : skills) groups.push_back(targets.all[target].group);
    std::ranges::sort(groups);
    ++agents[groups];
  }
  for (const auto& [groups, count] : agents) targets.agents.push_back({groups, count});
  return targets;
}

// Who invites is the endpoint.
class NoSystem final : public SharedSystem {
 public:
  void decide(std::span<const SharedView>, double, std::span<int>) override {}
};

class CentreOfSkills final : public LoopCentre {
 public:
  CentreOfSkills(SharedScenario scenario, Duration refresh_period, std::uint64_t seed)
      : LoopCentre{targets_of_skills(scenario, refresh_period)},
        scenario_{std::move(scenario)},
        centre_{scenario_, seed},
        shown_(scenario_.targets.size()),
        told_(scenario_.targets.size()),
        changed_(scenario_.targets.size(), 1) {
    for (std::uint32_t i = 0; i < shown_.size(); ++i) {
      shown_[i] = centre_.view(i);
      index_of_.emplace(targets().all[i].id, i);
    }
  }

  void advance(Duration now) override {
    now_s_ = to_seconds(now);
    centre_.run_until(now_s_, nobody_);
    for (std::uint32_t i = 0; i < shown_.size(); ++i) {
      if (shown_[i] == centre_.view(i)) continue;
      shown_[i] = centre_.view(i);
      ++changed_[i];
    }
  }
  std::uint64_t changed(std::uint32_t target) const override { return changed_[target]; }

  LoopNumbers numbers(std::uint32_t target) const override {
    const SharedView& view = centre_.view(target);
    const auto count = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
    const double handled = static_cast<double>(view.handled);
    return {.logged_in = view.logged_in,
            .ready = view.idle,
            .busy = view.talking,
            .wrap_up = view.wrap_up,
            .slots = view.logged_in,
            .in_handling = view.talking + view.wrap_up,
            .in_queue = view.queue,
            .entered = count(view.entered),
            .answered = count(view.answered),
            .abandoned = count(view.abandoned),
            .handling_s = handled > 0 ? view.handling_s / handled : 0};
  }

  PublicationAnswer receive(const PublicationRequest& request) override {
    CHECK(request.full || request.sequence == sequence_ + 1);
    sequence_ = request.sequence;
    const double until_s = now_s_ + static_cast<double>(request.valid_for_ms) / 1000;
    for (std::uint32_t i = 0; i < offers_.size(); ++i)
      offers_[i] = request.full ? SharedCentre::Offer{.until_s = until_s}
                                : SharedCentre::Offer{centre_.allowance(i), offers_[i].most_pending,
                                                      until_s};
    PublicationAnswer answer{.term = request.term, .sequence = sequence_, .epoch = "one"};
    for (const auto& [id, channel, offer] : request.targets) {
      const bool open = offer.state != PaceState::stale && offer.state != PaceState::disabled;
      SharedCentre::Offer& allowed = offers_[index_of_.at(id)];
      allowed.allowance = open ? std::max(0, offer.proactive) : 0;
      allowed.most_pending = open ? std::max(0, offer.max_pending) : 0;
      ++answer.accepted;
    }
    for (std::uint32_t i = 0; i < offers_.size(); ++i) {
      centre_.offer(i, offers_[i]);
      const TargetFeedback now = feedback(i);
      if (request.full || now != told_[i]) answer.feedback.push_back({targets().all[i].id, now});
      told_[i] = now;
    }
    return answer;
  }

  ClosedLoop::Totals totals() override {
    const auto all = centre_.totals();
    return {.busy_s = all.busy_s,
            .logged_in_s = all.logged_in_s,
            .answered = static_cast<std::uint64_t>(all.answered),
            .abandoned = static_cast<std::uint64_t>(all.abandoned)};
  }

 private:
  TargetFeedback feedback(std::uint32_t target) const {
    const SharedView& view = centre_.view(target);
    const auto count = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
    return {.sent = count(view.sent),
            .accepted = count(view.accepted),
            .rejected = count(view.refused),
            .timed_out = 0,
            .answered = count(view.proactive_answered),
            .abandoned = count(view.proactive_abandoned),
            .pending = view.pending};
  }

  SharedScenario scenario_;
  SharedCentre centre_;
  NoSystem nobody_;
  std::vector<SharedView> shown_;
  std::vector<TargetFeedback> told_;
  std::vector<std::uint64_t> changed_;
  std::vector<SharedCentre::Offer> offers_ =
      std::vector<SharedCentre::Offer>(scenario_.targets.size());
  std::unordered_map<std::string, std::uint32_t> index_of_;
  std::uint64_t sequence_ = 0;
  double now_s_ = 0;
};

}  // namespace

std::unique_ptr<LoopCentre> centre_of_skills(const ClosedLoop::Plan& plan, std::uint64_t seed) {
  return std::make_unique<CentreOfSkills>(side_by_side(plan.skills, plan.groups),
                                          plan.refresh_period, seed);
}

}  // namespace paceline::test
