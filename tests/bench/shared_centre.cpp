#include "tests/bench/shared_centre.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace paceline::test {
namespace {

constexpr std::uint32_t index_mask = (1u << 28) - 1;
constexpr double debounce_s = 0.25;  // As `paceline` decides after a change.

std::int64_t ns_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

SharedCentre::Target::Target(std::uint64_t seed, std::uint64_t number)
    : arrivals{seed, 10 * number + 11},
      invitations{seed, 10 * number + 12},
      services{seed, 10 * number + 13},
      patiences{seed, 10 * number + 14},
      visitors{seed, 10 * number + 15} {
}

SharedCentre::SharedCentre(const SharedScenario& scenario, std::uint64_t seed)
    : scenario_{scenario},
      wrap_ups_{seed, 1},
      agents_(scenario.skills.size()),
      grants_(scenario.targets.size()),
      views_(scenario.targets.size()) {
  for (std::size_t t = 0; t < scenario.targets.size(); ++t) targets_.emplace_back(seed, t);
  for (const auto& skills : scenario.skills)
    for (const std::uint32_t t : skills) {
      ++targets_[t].view.logged_in;
      ++targets_[t].view.idle;
    }
}

void SharedCentre::push(double at, EventKind kind, std::uint32_t index, std::uint32_t stamp) {
  events_.push({at, stamp, index & index_mask, static_cast<std::uint32_t>(kind) & 15u});
}

void SharedCentre::run_until(double until_s, SharedSystem& system) {
  if (!started_) {
    push(scenario_.base.refresh_s, EventKind::decide, 0);
    for (std::uint32_t t = 0; t < targets_.size(); ++t) {
      push(0, EventKind::arrival, t);
      push(0, EventKind::visitor, t);
    }
  }
  started_ = true;
  while (!events_.empty() && events_.front().at <= until_s) {
    const Event event = events_.pop();
    now_ = event.at;
    ++all_.events;
    play(event, system);
  }
  now_ = until_s;
}

void SharedCentre::play(const Event& event, SharedSystem& system) {
  const std::uint32_t index = event.index;
  switch (static_cast<EventKind>(event.kind)) {
    case EventKind::answer:
      return answer(index, event.stamp != 0);
    case EventKind::arrival: {
      const Scenario& base = scenario_.base;
      if (base.reactive_load <= 0) return;
      const double rate = base.reactive_load * base.agents / (base.handle_s + base.wrap_up_s) /
                          static_cast<double>(targets_.size());
      push(now_ + targets_[index].arrivals.exponential() / rate, EventKind::arrival, index);
      if (event.stamp == 0 && now_ == 0) return;
      ++targets_[index].totals.reactive_arrived;
      return enter(index, false);
    }
    case EventKind::visitor: {
      const double rate = scenario_.targets[index].visitors_per_min / 60;
      if (rate <= 0) return;
      push(now_ + targets_[index].visitors.exponential() / rate, EventKind::visitor, index);
      if (targets_[index].offered > 0) {
        --targets_[index].offered;
        send(index, 1);
        happen();
      }
      return;
    }
    case EventKind::talk_ends:
      return talk_ends(index);
    case EventKind::wrap_up_ends:
      happen();
      return make_idle(index);
    case EventKind::leaves:
      return leave(index, event.stamp);
    case EventKind::decide:
      push(now_ + scenario_.base.refresh_s, EventKind::decide, 0);
      return ask(system);
    case EventKind::woken:
      woken_ = false;
      return ask(system);
  }
}

void SharedCentre::happen() {
  if (woken_) return;
  woken_ = true;
  push(now_ + debounce_s, EventKind::woken, 0);
}

void SharedCentre::integrate() {
  const double passed = now_ - integrated_;
  all_.busy_s += passed * busy_;
  all_.logged_in_s += passed * static_cast<double>(agents_.size());
  integrated_ = now_;
}

Totals SharedCentre::totals() {
  integrate();
  Totals sum = all_;
  for (const Target& target : targets_) {
    sum.wait_s += target.totals.wait_s;
    sum.sent += target.totals.sent;
    sum.accepted += target.totals.accepted;
    sum.refused += target.totals.refused;
    sum.answered += target.totals.answered;
    sum.abandoned += target.totals.abandoned;
    sum.reactive_arrived += target.totals.reactive_arrived;
    sum.reactive_answered += target.totals.reactive_answered;
    sum.reactive_abandoned += target.totals.reactive_abandoned;
  }
  return sum;
}

void SharedCentre::set_state(std::uint32_t agent, State state) {
  integrate();
  Agent& of = agents_[agent];
  busy_ += (state != State::idle) - (of.state != State::idle);
  const auto count = [](SharedView& view, State which) -> int& {
    return which == State::idle ? view.idle : which == State::talking ? view.talking : view.wrap_up;
  };
  for (const std::uint32_t t : scenario_.skills[agent]) {
    --count(targets_[t].view, of.state);
    ++count(targets_[t].view, state);
  }
  of.state = state;
  of.since = now_;
}

void SharedCentre::offer(std::uint32_t target, const Offer& offer) {
  targets_[target].offer = offer;
  send_offered(target);
}

int SharedCentre::allowance(std::uint32_t target) const {
  const Offer& offer = targets_[target].offer;
  return now_ < offer.until_s ? offer.allowance : 0;
}

void SharedCentre::send_offered(std::uint32_t index) {
  Target& target = targets_[index];
  const int count = std::min(allowance(index), target.offer.most_pending - target.view.pending);
  if (count <= 0) return;
  target.offer.allowance -= count;
  send(index, count);
}

void SharedCentre::answer(std::uint32_t index, bool accepted) {
  Target& target = targets_[index];
  --target.view.pending;
  happen();
  ++(accepted ? target.view.accepted : target.view.refused);
  ++(accepted ? target.totals.accepted : target.totals.refused);
  if (accepted) enter(index, true);
  send_offered(index);
}

void SharedCentre::send(std::uint32_t index, int invitations) {
  Target& target = targets_[index];
  for (int i = 0; i < invitations; ++i) {
    const bool accepts = target.invitations.uniform() < scenario_.targets[index].acceptance;
    const double delay = scenario_.base.answer_s * target.invitations.exponential();
    push(now_ + delay, EventKind::answer, index, accepts ? 1 : 0);
  }
  target.view.pending += invitations;
  target.view.sent += invitations;
  target.totals.sent += invitations;
}

void SharedCentre::enter(std::uint32_t index, bool proactive) {
  Target& target = targets_[index];
  ++target.view.entered;
  const Waiting visitor{now_, target.services.lognormal(scenario_.base.handle_cv), proactive, true};
  const double patience_s = scenario_.base.patience_s * target.patiences.exponential();
  const auto count = static_cast<std::uint32_t>(agents_.size());
  std::uint32_t best = count;
  for (std::uint32_t a = 0; a < count; ++a) {
    if (agents_[a].state != State::idle) continue;
    const auto& skills = scenario_.skills[a];
    if (std::find(skills.begin(), skills.end(), index) == skills.end()) continue;
    if (best == count || agents_[a].since < agents_[best].since) best = a;
  }
  happen();
  if (best < count) return begin(best, index, visitor);
  ++target.view.queue;
  push(now_ + patience_s, EventKind::leaves, index,
       target.head + static_cast<std::uint32_t>(target.queue.size()));
  target.queue.push_back(visitor);
}

void SharedCentre::begin(std::uint32_t agent, std::uint32_t index, const Waiting& visitor) {
  Target& target = targets_[index];
  set_state(agent, State::talking);
  ++target.view.answered;
  target.view.proactive_answered += visitor.proactive;
  ++(visitor.proactive ? target.totals.answered : target.totals.reactive_answered);
  target.totals.wait_s += now_ - visitor.since;
  agents_[agent].target = index;
  agents_[agent].began = now_;
  push(now_ + visitor.service * scenario_.base.handle_s, EventKind::talk_ends, agent);
  happen();
}

void SharedCentre::talk_ends(std::uint32_t agent) {
  happen();
  if (scenario_.base.wrap_up_s <= 0) return make_idle(agent);
  set_state(agent, State::wrap_up);
  push(now_ + scenario_.base.wrap_up_s * wrap_ups_.exponential(), EventKind::wrap_up_ends, agent);
}

void SharedCentre::make_idle(std::uint32_t agent) {
  SharedView& served = targets_[agents_[agent].target].view;
  ++served.handled;
  served.handling_s += now_ - agents_[agent].began;
  set_state(agent, State::idle);
  const auto& skills = scenario_.skills[agent];
  std::uint32_t oldest = 0;
  bool found = false;
  for (const std::uint32_t t : skills) {
    tidy(targets_[t]);
    if (targets_[t].queue.empty()) continue;
    if (found && targets_[oldest].queue.front().since <= targets_[t].queue.front().since) continue;
    oldest = t;
    found = true;
  }
  if (!found) return;
  Target& target = targets_[oldest];
  const Waiting visitor = target.queue.front();
  target.queue.pop_front();
  ++target.head;
  --target.view.queue;
  begin(agent, oldest, visitor);
}

void SharedCentre::leave(std::uint32_t index, std::uint32_t number) {
  Target& target = targets_[index];
  const std::uint32_t place = number - target.head;
  if (place >= target.queue.size() || !target.queue[place].here) return;
  Waiting& visitor = target.queue[place];
  visitor.here = false;
  --target.view.queue;
  ++target.view.abandoned;
  target.view.proactive_abandoned += visitor.proactive;
  ++(visitor.proactive ? target.totals.abandoned : target.totals.reactive_abandoned);
  target.totals.wait_s += now_ - visitor.since;
  tidy(target);
  happen();
}

void SharedCentre::tidy(Target& target) {
  while (!target.queue.empty() && !target.queue.front().here) {
    target.queue.pop_front();
    ++target.head;
  }
}

void SharedCentre::ask(SharedSystem& system) {
  constexpr int timed_every = 8;
  constexpr double most_ns_a_target = 20'000;  // Beyond it, and over 1 ms, it was pre-empted.
  for (std::size_t t = 0; t < targets_.size(); ++t) views_[t] = targets_[t].view;
  std::fill(grants_.begin(), grants_.end(), 0);
  const bool timed = ++all_.decisions % timed_every == 0;
  const std::int64_t began = timed ? ns_now() : 0;
  system.decide(views_, now_, grants_);
  const auto took_ns = timed ? static_cast<double>(ns_now() - began) : 0;
  if (timed && took_ns < std::max(1e6, most_ns_a_target * static_cast<double>(targets_.size()))) {
    all_.timed_ns += took_ns;
    all_.timed_decisions += static_cast<std::int64_t>(targets_.size());
  }
  for (std::uint32_t t = 0; t < targets_.size(); ++t) {
    const int grant = std::max(0, grants_[t]);
    if (scenario_.targets[t].visitors_per_min > 0)
      targets_[t].offered = grant;
    else
      send(t, grant);
  }
}

}  // namespace paceline::test
