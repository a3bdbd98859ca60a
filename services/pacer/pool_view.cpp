#include "services/pacer/pool_view.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/base/check.h"
#include "services/pacer/rise.h"

namespace paceline::pacer {
namespace {

constexpr double least_hold_s = 6;   // For a grant to reach the endpoint and be seen sent.
constexpr double same_agents = 0.9;  // Of both: enough to wait for one another.
constexpr double dealt_ahead = 2;    // [invitations] by which one may be before another.
constexpr double unlike = 0.9;       // Acceptances nearer to one another count as equal.
constexpr double same_share = 0.02;  // Of v: closer is not fitted again.

double waiting_of(const PacingInputs& inputs) {
  return std::max(0, inputs.queue);
}

double invited_waiting(const PacingInputs& inputs) {
  const auto& p = inputs.proactive;
  const double ended = static_cast<double>(p.answered) + static_cast<double>(p.abandoned);
  return std::clamp(static_cast<double>(p.accepted) - ended, 0.0, waiting_of(inputs));
}

}  // namespace

PoolView::PoolView(PoolSharing sharing, const PacingTuning& tuning)
    : tuning_{tuning},
      sharing_{std::move(sharing)},
      members_(sharing_.members()),
      line_(members_.size()),
      agents_(members_.size()) {
  std::iota(line_.begin(), line_.end(), 0u);
}

void PoolView::set_options(std::uint32_t member, const PacingOptions& options) {
  if (members_[member].options == options && rulers_known_) return;
  members_[member].options = options;
  find_rulers();
}

// Whose goals are the strictest of those who share agents.
void PoolView::find_rulers() {
  rulers_known_ = true;
  of_abandonment_.reset();
  of_service_level_.reset();
  for (std::uint32_t i = 0; i < members_.size(); ++i) {
    const PacingOptions& options = members_[i].options;
    if (!options.enabled || sharing_.neighbours(i).empty()) continue;
    const int goal = options.optimization_goal;
    const auto of = [&](std::uint32_t ruler) { return members_[ruler].options.optimization_goal; };
    switch (options.optimization_target) {
      case OptimizationTarget::abandonment_rate:
        if (!of_abandonment_ || goal < of(*of_abandonment_)) of_abandonment_ = i;
        break;
      case OptimizationTarget::service_level:
        if (!of_service_level_ || goal > of(*of_service_level_)) of_service_level_ = i;
        break;
      case OptimizationTarget::busy_factor:
        break;  // How busy agents are is not the visitors' risk.
    }
  }
}

void PoolView::set_sharing(PoolSharing sharing) {
  CHECK(sharing.members() == members_.size());
  sharing_ = std::move(sharing);
  fitted_ = false;
  for (Member& member : members_) member.touched = true;
  find_rulers();
}

void PoolView::see(std::uint32_t index, const PacingInputs& inputs, double now_s) {
  Member& member = members_[index];
  turn_window(member, inputs, now_s);
  const PacingInputs before = member.told;
  const double dt_s = member.known ? std::clamp(now_s - member.seen_s, 0.0, longest_gap_s) : 0;
  member.seen_s = now_s;
  if (inputs.feedback_age_s >= 0)
    member.dealing.see(inputs.proactive.sent, inputs.feedback_epoch != before.feedback_epoch,
                       now_s - inputs.feedback_age_s);
  member.visible =
      inputs.quality == StatQuality::good || inputs.quality == StatQuality::provisional;
  member.told = inputs;
  if (!member.visible) {  // What was told last is what the next counters are compared with.
    member.told = before;
    member.told.quality = inputs.quality;
    member.told.stat_age_s = inputs.stat_age_s;
    member.told.proactive = inputs.proactive;
    member.told.feedback_age_s = inputs.feedback_age_s;
    member.told.feedback_epoch = inputs.feedback_epoch;
  }
  if (!(inputs.feedback_age_s >= 0) && member.known) {
    member.told.proactive = before.proactive;
    member.told.feedback_epoch = before.feedback_epoch;
  }
  if (member.known) count_outcomes(member, before, index, dt_s);
  member.counted = member.counted || member.visible;
  member.heard = member.heard || inputs.feedback_age_s >= 0;
  const bool agents = !member.known || inputs.idle != before.idle || inputs.busy != before.busy ||
                      inputs.wrap_up != before.wrap_up || inputs.logged_in != before.logged_in;
  if (agents) fitted_ = false;
  if (agents || inputs.queue != before.queue ||
      inputs.proactive.pending != before.proactive.pending ||
      inputs.proactive.accepted != before.proactive.accepted ||
      inputs.answered != before.answered || inputs.abandoned != before.abandoned)
    touch_neighbours(index);
  member.known = true;
}

// What ended at one member counts for the others by the share of its agents that are theirs.
void PoolView::count_outcomes(Member& member, const PacingInputs& before, std::uint32_t index,
                              double dt_s) {
  const PacingInputs& now = member.told;
  const bool same_statistics = member.counted && now.stat_epoch == before.stat_epoch;
  const bool same_feedback = member.heard && now.feedback_epoch == before.feedback_epoch;
  const double answered = same_statistics ? rise(before.answered, now.answered) : 0;
  const double abandoned = same_statistics ? rise(before.abandoned, now.abandoned) : 0;
  const double entered =
      same_statistics && now.entered > 0 ? rise(before.entered, now.entered) : answered + abandoned;
  const auto& p = now.proactive;
  const auto& q = before.proactive;
  const double accepted = same_feedback ? rise(q.accepted, p.accepted) : 0;
  const double served = same_feedback ? rise(q.answered, p.answered) : 0;
  const double lost = same_feedback ? rise(q.abandoned, p.abandoned) : 0;
  const double queue_s = member.visible ? 0.5 * (waiting_of(before) + waiting_of(now)) * dt_s : 0;
  if (served + lost > 0)
    member.budget.learn(served, lost, options(index).optimization_goal / 100.0);
  if (answered + abandoned + entered + accepted + served + lost + queue_s <= 0) return;
  for (const PoolNeighbour& each : sharing_.neighbours(index)) {
    PoolClaims& to = members_[each.member].others;
    const double share = each.outcome_back;
    to.queue_s += share * queue_s;
    to.entered += share * entered;
    to.answered += share * answered;
    to.abandoned += share * abandoned;
    to.accepted += share * accepted;
    to.proactive_answered += share * served;
    to.proactive_abandoned += share * lost;
  }
}

void PoolView::touch_neighbours(std::uint32_t member) {
  for (const PoolNeighbour& each : sharing_.neighbours(member))
    members_[each.member].touched = true;
}

// Its own budget is that of its own day, where it has one.
void PoolView::turn_window(Member& member, const PacingInputs& inputs, double now_s) {
  const AccountingWindow now = accounting_window(inputs, tuning_, now_s);
  if (!member.known) {
    member.window_from_s = now.age_s;
  } else if (now.age_s < member.window.age_s - now.tolerance_s ||
             now_s - member.seen_s >= now.length_s) {
    member.budget.next_window(member.window_from_s <= 0.1 * now.length_s);
    member.window_from_s = 0;
  }
  member.window = now;
}

std::span<const std::uint32_t> PoolView::line(double now_s) {
  turn_ = members_.empty() ? 0 : (turn_ + 1) % static_cast<std::uint32_t>(members_.size());
  for (std::uint32_t i = 0; i < members_.size(); ++i) {
    Member& member = members_[i];
    member.dealing.lapse(std::max(least_hold_s, 3 * to_seconds(member.options.refresh_period)));
    member.key = member.dealing.dealt(now_s) / (member.options.weight * sharing_.own_agents(i));
  }
  const auto size = static_cast<std::uint32_t>(members_.size());
  const auto turn = [&](std::uint32_t i) { return i >= turn_ ? i - turn_ : i + size - turn_; };
  std::sort(line_.begin(), line_.end(), [&](std::uint32_t a, std::uint32_t b) {
    if (members_[a].key != members_[b].key) return members_[a].key < members_[b].key;
    return turn(a) < turn(b);
  });
  return line_;
}

double PoolView::pending_of(const Member& member) const {
  const double told = std::max(0, member.told.proactive.pending);
  const bool heard = member.told.feedback_age_s >= 0;
  return (heard ? told : static_cast<double>(member.guessed_pending)) + member.dealing.in_flight();
}

// The classes of agents, fitted to what the members say.
void PoolView::fit() {
  if (fitted_) return;
  fitted_ = true;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    const Member& member = members_[i];
    const PacingInputs& in = member.told;
    // Slots of agents who hold several interactions count as parts of an agent.
    const double slots = std::max(1.0, static_cast<double>(in.idle) + in.busy + in.wrap_up);
    const double per_slot = in.slots > 0 && in.logged_in > 0 ? in.logged_in / slots : 1;
    agents_[i] = {.told = member.known && member.visible,
                  .idle = std::max(0, in.idle) * per_slot,
                  .working = std::max(0.0, static_cast<double>(in.busy) + in.wrap_up) * per_slot,
                  .soon_free = member.soon_free};
  }
  sharing_.estimate(agents_);
}

PacingInputs PoolView::view(std::uint32_t index) {
  Member& member = members_[index];
  member.touched = false;
  PacingInputs in = member.told;
  const auto neighbours = sharing_.neighbours(index);
  if (neighbours.empty()) return in;
  fit();
  PoolClaims& claims = in.others = member.others;
  double accepted_pending = 0;
  double rarer = 0;
  for (const PoolNeighbour& each : neighbours) {
    const Member& other = members_[each.member];
    if (!other.known || each.claim <= 0) continue;
    claims.members += 1;
    const double pending = pending_of(other);
    accepted_pending += each.claim * other.acceptance * pending;
    if (other.acceptance < unlike * member.acceptance)
      rarer = std::max(
          rarer, each.claim * std::min(1.0, pending) * (1 - other.acceptance / member.acceptance));
    if (!other.visible) continue;
    claims.queue += each.claim * waiting_of(other.told);
    claims.unseen += each.claim * other.unseen;
    claims.invited_waiting += each.claim * invited_waiting(other.told);
  }
  claims.members += 1;
  // An invitation that is seldom accepted bears more risk once it is: what it was expected to bring
  // is missing in what was foreseen. So much room is left to it as if it had been likely.
  claims.pending = accepted_pending / std::max(1e-3f, member.acceptance) + rarer;
  claims.shared_agents = sharing_.shared(index) * in.logged_in;
  claims.most_invitations = member.dealing.limit();
  claims.correction = member.budget.correction(options(index).optimization_goal / 100.0,
                                               1 - member.window.age_s / member.window.length_s);
  return in;
}

PacingInputs PoolView::view_in_stream(std::uint32_t index, double now_s) {
  PacingInputs in = view(index);
  if (lets_pass(index, now_s)) in.others.most_invitations = 0;
  return in;
}

bool PoolView::lets_pass(std::uint32_t index, double now_s) const {
  const Member& member = members_[index];
  for (const PoolNeighbour& each : sharing_.neighbours(index)) {
    const Member& other = members_[each.member];
    if (each.outcome < same_agents || each.outcome_back < same_agents) continue;
    if (!other.wants || !other.visible || other.dealing.short_of_visitors()) continue;
    if (now_s - other.seen_s > 3 * to_seconds(other.options.refresh_period)) continue;
    const double lead = dealt_ahead / std::min(member.options.weight, other.options.weight);
    if (member.dealing.dealt(now_s) / member.options.weight >
        other.dealing.dealt(now_s) / other.options.weight + lead)
      return true;
  }
  return false;
}

void PoolView::decided(std::uint32_t index, const Decision& decision, double now_s) {
  Member& member = members_[index];
  const DecisionExplanation& why = decision.explanation;
  member.dealing.grant(decision.invitations, now_s);
  member.wants = decision.invitations > 0 || decision.reason == PaceReason::pending_enough ||
                 decision.reason == PaceReason::no_idle_expected ||
                 decision.reason == PaceReason::shared_agents;
  if (why.acceptance <= 0) return;  // Withheld: nothing was estimated.
  member.acceptance = static_cast<float>(why.acceptance);
  member.unseen = static_cast<float>(why.unseen);
  member.guessed_pending =
      static_cast<float>(why.pending) + static_cast<float>(decision.invitations);
  const double soon =
      std::min(1.0, why.answer_delay_s / std::max(0.5, why.service_s + why.wrap_up_s));
  if (std::abs(soon - member.soon_free) <= same_share * member.soon_free) return;
  member.soon_free = static_cast<float>(soon);
  fitted_ = false;
}

PacingOptions PoolView::options(std::uint32_t index) const {
  PacingOptions options = members_[index].options;
  if (const auto other = goal_of(index))
    options.optimization_goal = members_[*other].options.optimization_goal;
  return options;
}

std::optional<std::uint32_t> PoolView::goal_of(std::uint32_t index) const {
  const PacingOptions& own = members_[index].options;
  if (!own.enabled || sharing_.neighbours(index).empty()) return std::nullopt;
  const auto& ruler = own.optimization_target == OptimizationTarget::abandonment_rate
                          ? of_abandonment_
                          : of_service_level_;
  if (own.optimization_target == OptimizationTarget::busy_factor || !ruler) return std::nullopt;
  const bool same = members_[*ruler].options.optimization_goal == own.optimization_goal;
  return same ? std::nullopt : ruler;
}

std::vector<std::uint32_t> pools_of(std::size_t members, std::span<const AgentClass> classes) {
  std::vector<std::uint32_t> least(members);
  std::iota(least.begin(), least.end(), 0u);
  const auto root = [&](std::uint32_t i) {
    while (least[i] != i) i = least[i] = least[least[i]];
    return i;
  };
  for (const AgentClass& each : classes)
    for (const std::uint32_t target : each.targets) {
      CHECK(target < members);
      const std::uint32_t a = root(each.targets.front());
      const std::uint32_t b = root(target);
      least[std::max(a, b)] = std::min(a, b);
    }
  for (std::uint32_t i = 0; i < members; ++i) least[i] = root(i);
  return least;
}

}  // namespace paceline::pacer
