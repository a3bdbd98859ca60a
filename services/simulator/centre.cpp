#include "services/simulator/centre.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_map>

#include "common/base/check.h"

namespace paceline::simulator {
namespace {

// What an agent adds to the counts of its target.
void count(TargetCounts& counts, int slots, int talking, int wrapping, bool logged_in, bool resting,
           int sign) {
  const int free = logged_in ? slots - talking - wrapping : 0;
  counts.busy += sign * talking;
  counts.wrap_up += sign * wrapping;
  (resting ? counts.not_ready : counts.ready) += sign * free;
  counts.logged_in += sign * (talking + wrapping + free);
  AgentCounts& agents = counts.agents;
  if (!logged_in && talking + wrapping == 0) return;
  agents.logged_in += sign;
  if (free > 0 && !resting)
    agents.ready += sign;
  else if (talking > 0)
    agents.busy += sign;
  else if (wrapping > 0)
    agents.wrap_up += sign;
  else
    agents.not_ready += sign;
}

}  // namespace

double TargetCounts::occupancy() const {
  const double able = logged_in_s - not_ready_s;
  return able > 0 ? (busy_s + wrap_up_s) / able : 0;
}

Centre::Centre(CentreModel model, std::uint64_t seed)
    : model_{std::move(model)},
      random_{seed},
      targets_(model_.targets.size()),
      changed_(model_.targets.size(), 0) {
  std::unordered_map<std::string_view, std::uint32_t> groups;
  for (std::uint32_t target = 0; target < targets_.size(); ++target) {
    const std::string_view group = model_.targets[target].group;
    home_.push_back(group.empty() ? target : groups.emplace(group, target).first->second);
    targets_[home_.back()].sharing.push_back(target);
  }
  for (std::uint32_t target = 0; target < targets_.size(); ++target) {
    const TargetModel& own = model_.targets[target];
    CHECK(own.kind < model_.kinds.size());
    CHECK(kind_of(target).slots >= 1 && kind_of(target).other_slots >= 0);
    auto& state = targets_[target];
    const auto begun = std::ranges::lower_bound(own.calls, model_.start, {}, &RecordedCall::at);
    state.next_call = static_cast<std::size_t>(begun - own.calls.begin());
    if (counts_agents(target)) {
      apply_staffing(target);
      next_hour(target);
    }
    next_arrival(target, now_);
    if (kind_of(target).visitors_per_hour >= 0) next_visitor(target, now_);
  }
}

int Centre::slots_of(std::uint32_t home, std::uint32_t agent) const {
  const GroupKind& kind = kind_of(home);
  return kind.other_slots > 0 && agent % 2 == 1 ? kind.other_slots : kind.slots;
}

std::size_t Centre::hour(Duration at) const {
  return static_cast<std::size_t>((model_.start + at) / 1h % 24);
}

void Centre::integrate(TargetState& state) const {
  const double seconds = to_seconds(now_ - state.integrated_until);
  auto& counts = state.counts;
  counts.logged_in_s += seconds * counts.logged_in;
  counts.busy_s += seconds * counts.busy;
  counts.wrap_up_s += seconds * counts.wrap_up;
  counts.not_ready_s += seconds * counts.not_ready;
  counts.agents_s += seconds * counts.agents.logged_in;
  state.integrated_until = now_;
}

void Centre::mark_changed(std::uint32_t target) {
  integrate(targets_[target]);
  changed_[target] = ++revision_;
}

void Centre::schedule(Duration at, EventKind what, std::uint32_t target, std::uint32_t subject,
                      std::uint32_t generation) {
  queue_.add(
      {.at = at, .what = what, .target = target, .subject = subject, .generation = generation});
}

void Centre::advance(Duration now) {
  while (!queue_.empty() && queue_.next_at() <= now) {
    const Event event = queue_.take();
    now_ = std::max(now_, event.at);
    ++events_;
    handle(event);
  }
  now_ = std::max(now_, now);
}

void Centre::handle(const Event& event) {
  auto& state = targets_[event.target];
  switch (event.what) {
    case EventKind::arrival:
      if (state.arrivals == event.generation) arrive(event.target);
      return;
    case EventKind::visitor:
      invite(event.target);
      return next_visitor(event.target, now_);
    case EventKind::answer:
      return answer(event.target, event.subject);
    case EventKind::patience_end:
      if (customers_[event.subject].generation == event.generation)
        give_up(event.target, event.subject);
      return;
    case EventKind::service_end:
      if (customers_[event.subject].generation == event.generation) end_service(event.subject);
      return;
    case EventKind::wrap_up_end:
      return end_wrap_up(event.subject);
    case EventKind::staffing:
      apply_staffing(event.target);
      return next_hour(event.target);
    case EventKind::break_due:
      if (state.agents[event.subject].generation != event.generation) return;
      change(event.target, event.subject, [](Agent& agent) { agent.resting = true; });
      return rest_when_free(event.target, event.subject);
    case EventKind::break_end:
      if (state.agents[event.subject].generation != event.generation) return;
      change(event.target, event.subject, [](Agent& agent) { agent.resting = false; });
      schedule_break(event.target, event.subject);
      return serve_waiting(event.target);
  }
}

template <class Change>
void Centre::change(std::uint32_t home, std::uint32_t agent, Change apply) {
  auto& state = targets_[home];
  Agent& one = state.agents[agent];
  const int slots = slots_of(home, agent);
  const auto count_in_each = [&](int sign) {
    for (const std::uint32_t target : state.sharing)
      count(targets_[target].counts, slots, one.talking, one.wrapping, one.logged_in, one.resting,
            sign);
  };
  for (const std::uint32_t target : state.sharing) mark_changed(target);
  count_in_each(-1);
  apply(one);
  count_in_each(+1);
}

// ---- Agents -------------------------------------------------------------------------------------

void Centre::apply_staffing(std::uint32_t home) {
  auto& state = targets_[home];
  const double agents = kind_of(home).agents[hour(now_)] * model_.targets[home].size;
  const auto wanted = static_cast<std::int32_t>(std::lround(agents * drift_.staffing));
  state.planned = wanted;
  auto here = static_cast<std::int32_t>(
      std::ranges::count_if(state.agents, [](const Agent& agent) { return agent.logged_in; }));
  const auto log_in = [&](std::uint32_t agent) {
    change(home, agent, [](Agent& one) {
      one.logged_in = true;
      one.resting = false;
      ++one.generation;
    });
    schedule_break(home, agent);
    ++here;
  };
  // The idle go first, then those who are busy; these finish what they have.
  for (const bool busy : {false, true}) {
    for (std::uint32_t agent = 0; agent < state.agents.size() && here > wanted; ++agent) {
      const Agent& one = state.agents[agent];
      if (!one.logged_in || (one.talking + one.wrapping > 0) != busy) continue;
      change(home, agent, [](Agent& leaver) {
        leaver.logged_in = false;
        leaver.resting = false;
        ++leaver.generation;
      });
      --here;
    }
  }
  for (std::uint32_t agent = 0; agent < state.agents.size() && here < wanted; ++agent)
    if (!state.agents[agent].logged_in) log_in(agent);
  while (here < wanted) {
    state.agents.emplace_back();
    log_in(static_cast<std::uint32_t>(state.agents.size() - 1));
  }
  serve_waiting(home);
}

void Centre::next_hour(std::uint32_t home) {
  // Shifts begin within two minutes after the full hour, so that the centre does not jump as one.
  const Duration since = (model_.start + now_) % 1h;
  const Duration late = from_seconds(random_.uniform() * 120);
  schedule(now_ - since + 1h + late, EventKind::staffing, home);
}

void Centre::schedule_break(std::uint32_t home, std::uint32_t agent) {
  const GroupKind& kind = kind_of(home);
  if (!(kind.not_ready_share > 0) || !(kind.rest.mean_s > 0)) return;
  const double ready_s = kind.rest.mean_s * (1 - kind.not_ready_share) / kind.not_ready_share;
  schedule(now_ + from_seconds(random_.exponential_s(ready_s)), EventKind::break_due, home, agent,
           targets_[home].agents[agent].generation);
}

void Centre::rest_when_free(std::uint32_t home, std::uint32_t agent) {
  const Agent& one = targets_[home].agents[agent];
  if (!one.logged_in || !one.resting || one.talking + one.wrapping > 0) return;
  schedule(now_ + random_.draw(kind_of(home).rest), EventKind::break_end, home, agent,
           one.generation);
}

std::uint32_t Centre::free_agent(std::uint32_t home) {
  auto& state = targets_[home];
  const auto many = static_cast<std::uint32_t>(state.agents.size());
  for (std::uint32_t step = 0; step < many; ++step) {
    const std::uint32_t agent = (state.cursor + step) % many;
    const Agent& one = state.agents[agent];
    if (!one.logged_in || one.resting) continue;
    if (one.talking + one.wrapping >= slots_of(home, agent)) continue;
    state.cursor = (agent + 1) % many;
    return agent;
  }
  return nobody;
}

void Centre::drift(const Drift& drift) {
  const bool staffing = drift.staffing != drift_.staffing;
  const bool arrivals = drift.arrivals != drift_.arrivals;
  drift_ = drift;
  for (std::uint32_t target = 0; target < targets_.size(); ++target) {
    if (staffing && counts_agents(target)) apply_staffing(target);
    if (!arrivals || model_.targets[target].recorded) continue;
    ++targets_[target].arrivals;  // The one that was drawn at the old rate is void.
    next_arrival(target, now_);
  }
}

// ---- Customers ----------------------------------------------------------------------------------

// The next point of a Poisson process whose rate is constant within each hour.
//   returns  nothing if there is none in the next two days
std::optional<Duration> Centre::poisson(const HourProfile* profile, double constant_per_hour,
                                        double factor, Duration from) {
  for (int hours = 0; hours < 48; ++hours) {
    const double rate = factor * (profile ? (*profile)[hour(from)] : constant_per_hour);
    const Duration left = 1h - (model_.start + from) % 1h;
    if (rate > 0) {
      const Duration gap = from_seconds(random_.exponential_s(3600 / rate));
      if (gap < left) return from + gap;
    }
    from += left;
  }
  return {};
}

void Centre::next_arrival(std::uint32_t target, Duration from) {
  const TargetModel& own = model_.targets[target];
  if (own.recorded) {
    const auto& state = targets_[target];
    if (state.next_call < own.calls.size())
      schedule(own.calls[state.next_call].at - model_.start, EventKind::arrival, target, 0,
               state.arrivals);
    return;
  }
  const auto at = poisson(&kind_of(target).arrivals_per_hour, 0, own.size * drift_.arrivals, from);
  if (at) schedule(*at, EventKind::arrival, target, 0, targets_[target].arrivals);
}

void Centre::next_visitor(std::uint32_t target, Duration from) {
  const auto at =
      poisson(nullptr, kind_of(target).visitors_per_hour, model_.targets[target].size, from);
  if (at) schedule(*at, EventKind::visitor, target);
}

void Centre::arrive(std::uint32_t target) {
  const TargetModel& own = model_.targets[target];
  const GroupKind& kind = kind_of(target);
  if (!own.recorded) {
    enter(target, false, Duration{-1}, random_.draw(kind.patience));
    return next_arrival(target, now_);
  }
  const RecordedCall& call = own.calls[targets_[target].next_call++];
  // Who was served had at least the patience that was seen; the rest of it has no memory.
  const Duration patience =
      call.abandoned ? call.patience : call.patience + random_.draw(kind.patience);
  enter(target, false, call.service, patience);
  next_arrival(target, now_);
}

void Centre::enter(std::uint32_t target, bool proactive, Duration service, Duration patience) {
  mark_changed(target);
  auto& state = targets_[target];
  auto& stream = proactive ? state.counts.proactive : state.counts.reactive;
  ++stream.entered;
  const auto waiting = state.counts.reactive.queued + state.counts.proactive.queued;
  if (waiting >= static_cast<std::int64_t>(kind_of(target).max_queue)) {
    ++stream.turned_away;
    return;
  }
  if (free_customers_.empty()) {
    free_customers_.push_back(static_cast<std::uint32_t>(customers_.size()));
    customers_.emplace_back();
  }
  const std::uint32_t id = free_customers_.back();
  free_customers_.pop_back();
  Customer& customer = customers_[id];
  customer = {.arrived = now_,
              .service = service,
              .generation = customer.generation,
              .before = state.last,
              .target = target,
              .proactive = proactive};
  (state.last == nobody ? state.first : customers_[state.last].after) = id;
  state.last = id;
  ++stream.queued;
  const std::uint32_t generation = customer.generation;
  serve_waiting(home_[target]);
  if (customers_[id].generation == generation)
    schedule(now_ + patience, EventKind::patience_end, target, id, generation);
}

// Takes a customer off the queue; its patience is no more of interest.
void Centre::leave_queue(TargetState& state, std::uint32_t id) {
  Customer& customer = customers_[id];
  ++customer.generation;
  (customer.before == nobody ? state.first : customers_[customer.before].after) = customer.after;
  (customer.after == nobody ? state.last : customers_[customer.after].before) = customer.before;
  auto& stream = customer.proactive ? state.counts.proactive : state.counts.reactive;
  --stream.queued;
  stream.waiting_s += to_seconds(now_ - customer.arrived);
}

void Centre::give_up(std::uint32_t target, std::uint32_t id) {
  mark_changed(target);
  auto& state = targets_[target];
  leave_queue(state, id);
  ++(customers_[id].proactive ? state.counts.proactive : state.counts.reactive).abandoned;
  free_customers_.push_back(id);
}

// Who came first of those at the head of the group's queues; nobody if they are empty.
std::uint32_t Centre::longest_waiting(std::uint32_t home) const {
  std::uint32_t longest = nobody;
  for (const std::uint32_t target : targets_[home].sharing) {
    const std::uint32_t first = targets_[target].first;
    if (first == nobody) continue;
    if (longest == nobody || customers_[first].arrived < customers_[longest].arrived)
      longest = first;
  }
  return longest;
}

void Centre::serve_waiting(std::uint32_t home) {
  while (targets_[home].counts.ready > 0) {
    const std::uint32_t id = longest_waiting(home);
    if (id == nobody) return;
    start_service(home, id);
  }
}

void Centre::start_service(std::uint32_t home, std::uint32_t id) {
  Customer& customer = customers_[id];
  auto& state = targets_[customer.target];
  const GroupKind& kind = kind_of(customer.target);
  const std::uint32_t agent = free_agent(home);
  CHECK(agent != nobody);
  const double speed_before = speed(home, agent);
  change(home, agent, [](Agent& one) { ++one.talking; });
  leave_queue(state, id);
  ++(customer.proactive ? state.counts.proactive : state.counts.reactive).answered;
  customer.agent = agent;
  customer.answered = now_;
  const Duration planned =
      customer.service >= Duration::zero() ? customer.service : random_.draw(kind.service);
  customer.service = from_seconds(to_seconds(planned) * drift_.service);
  customer.timed = now_;
  if (kind_of(home).slow_down > 0) {
    time_others(home, agent, speed_before);
    targets_[home].agents[agent].chats.push_back(id);
  }
  time_service(id);
}

// How fast each of the agent's chats goes on: the more there are, the slower.
double Centre::speed(std::uint32_t home, std::uint32_t agent) const {
  const int others = std::max(0, targets_[home].agents[agent].talking - 1);
  return 1 / (1 + kind_of(home).slow_down * others);
}

void Centre::time_service(std::uint32_t id) {
  const Customer& customer = customers_[id];
  const double left_s =
      to_seconds(customer.service) / speed(home_[customer.target], customer.agent);
  schedule(now_ + from_seconds(left_s), EventKind::service_end, customer.target, id,
           customer.generation);
}

// The agent's chats went on at `speed_before` so far, and now at another one.
void Centre::time_others(std::uint32_t home, std::uint32_t agent, double speed_before) {
  for (const std::uint32_t id : targets_[home].agents[agent].chats) {
    Customer& customer = customers_[id];
    const Duration done = from_seconds(to_seconds(now_ - customer.timed) * speed_before);
    customer.service = std::max(Duration::zero(), customer.service - done);
    customer.timed = now_;
    ++customer.generation;
    time_service(id);
  }
}

void Centre::end_service(std::uint32_t id) {
  const Customer& customer = customers_[id];
  const std::uint32_t target = customer.target;
  const std::uint32_t home = home_[target];
  const std::uint32_t agent = customer.agent;
  auto& counts = targets_[target].counts;
  ++(customer.proactive ? counts.proactive : counts.reactive).finished;
  const double speed_before = speed(home, agent);
  change(home, agent, [](Agent& one) {
    --one.talking;
    ++one.wrapping;
  });
  if (kind_of(home).slow_down > 0) {
    std::erase(targets_[home].agents[agent].chats, id);
    time_others(home, agent, speed_before);
  }
  const Duration length = random_.draw(kind_of(target).wrap_up);
  if (length == Duration::zero()) return end_wrap_up(id);
  schedule(now_ + length, EventKind::wrap_up_end, target, id);
}

void Centre::end_wrap_up(std::uint32_t id) {
  const std::uint32_t target = customers_[id].target;
  const std::uint32_t home = home_[target];
  const std::uint32_t agent = customers_[id].agent;
  auto& counts = targets_[target].counts;
  ++counts.handled;
  counts.handling_s += to_seconds(now_ - customers_[id].answered);
  free_customers_.push_back(id);
  change(home, agent, [](Agent& one) { --one.wrapping; });
  rest_when_free(home, agent);
  serve_waiting(home);
}

TargetCounts Centre::counts(std::uint32_t target) const {
  TargetState tail{.counts = targets_[target].counts,
                   .integrated_until = targets_[target].integrated_until};
  integrate(tail);
  return tail.counts;
}

}  // namespace paceline::simulator
