#include "tests/bench/centre.h"

#include <algorithm>
#include <chrono>

namespace paceline::test {
namespace {

constexpr std::uint32_t number_mask = (1u << 28) - 1;
constexpr std::uint32_t sent_ring = 1u << 16;  // Invitations outstanding at once: far fewer.
constexpr double lost_before_s = 10;  // The day's end: too late for that day to make up for it.
constexpr int timed_every = 8;
constexpr std::int64_t preempted_ns = 1'000'000;  // Longer: the machine did something else.

std::int64_t ns_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double most_staffing(const Scenario& scenario) {
  double most = 1;
  for (const DayPhase& phase : scenario.phases) most = std::max(most, phase.staffing);
  return most;
}

std::size_t most_agents(const Scenario& scenario) {
  int most = static_cast<int>(std::ceil(scenario.agents * most_staffing(scenario)));
  if (scenario.trace)
    for (const TraceDay& day : scenario.trace->days)
      for (const TraceStaff& staff : day.staff) most = std::max(most, staff.agents);
  return static_cast<std::size_t>(most);
}

}  // namespace

Totals Totals::operator-(const Totals& before) const {
  Totals d = *this;
  d.busy_s -= before.busy_s;
  d.logged_in_s -= before.logged_in_s;
  d.queue_s -= before.queue_s;
  d.wait_s -= before.wait_s;
  d.sent -= before.sent;
  d.accepted -= before.accepted;
  d.refused -= before.refused;
  d.answered -= before.answered;
  d.abandoned -= before.abandoned;
  d.late -= before.late;
  d.brief -= before.brief;
  d.reactive_arrived -= before.reactive_arrived;
  d.reactive_answered -= before.reactive_answered;
  d.reactive_abandoned -= before.reactive_abandoned;
  d.waited -= before.waited;
  d.decisions -= before.decisions;
  d.timed_decisions -= before.timed_decisions;
  d.timed_ns -= before.timed_ns;
  d.events -= before.events;
  return d;
}

Centre::Centre(const Scenario& scenario, std::uint64_t seed)
    : scenario_{scenario},
      arrivals_{seed, 1},
      invitations_{seed, 2},
      services_{RandomStream{seed, 3}, RandomStream{seed, 4}},
      patiences_{RandomStream{seed, 5}, RandomStream{seed, 6}},
      wrap_ups_{seed, 7},
      rings_{seed, 8},
      moves_{seed, 9},
      sent_at_(sent_ring),
      willing_(sent_ring) {
  const std::size_t agents = most_agents(scenario);
  const std::size_t slots = agents * static_cast<std::size_t>(scenario.slots);
  slots_.resize(slots);
  work_.resize(slots);
  presence_.resize(agents, Presence::off);
  chats_.resize(agents, 0);
  absent_.resize(agents, false);
  std::fill_n(absent_.begin(), scenario.absent, true);
  ringing_at_.resize(scenario.ring_to_s > 0 ? slots : 0);
  for (std::uint32_t agent = 0; scenario.away_every_s > 0 && agent < agents; ++agent)
    push(scenario.away_every_s * (agent + 0.5) / static_cast<double>(agents), EventKind::away,
         agent);
  idle_.reserve(slots);
  day_began_ = scenario.warm_up_h * 3600;
  acceptance_ = scenario.acceptance;
  if (scenario.trace) {
    handle_s_ = 1;
    begin_trace_day();
  } else {
    enter_phase(0);
  }
  if (scenario.acceptance_moves_s > 0) move_acceptance(false);
  if (scenario.lost > 0)
    push((scenario.warm_up_h + scenario.day_h * scenario.lost_each_days) * 3600 - lost_before_s,
         EventKind::lose, 0);
}

void Centre::push(double at, EventKind kind, std::uint32_t index, std::uint32_t stamp) {
  events_.push({at, stamp, index & number_mask, static_cast<std::uint32_t>(kind) & 15u});
}

void Centre::run_until(double until_s, System& system) {
  debounce_s_ = system.debounce_s();
  if (!started_) push(now_ + system.period_s(), EventKind::decide, 0);
  started_ = true;
  while (!events_.empty() && events_.front().at <= until_s) {
    const Event event = events_.pop();
    now_ = event.at;
    ++totals_.events;
    play(event, system);
    if (scenario_.hides_age()) hidden_.push_back(view());
  }
  now_ = until_s;
}

void Centre::play(const Event& event, System& system) {
  switch (static_cast<EventKind>(event.kind)) {
    case EventKind::answer:
      return answer(event.index);
    case EventKind::arrival:
      if (event.stamp == arrival_stamp_) arrive();
      return;
    case EventKind::slot_ends:
      if (event.stamp == work_[event.index].stamp) slot_ends(event.index);
      return;
    case EventKind::patience_ends:
      return leave_queue(event.index);
    case EventKind::decide:
      push(now_ + system.period_s(), EventKind::decide, 0);
      return ask(system);
    case EventKind::shown:
      return wake();
    case EventKind::woken:
      woken_ = false;
      return ask(system);
    case EventKind::phase:
      if (!scenario_.trace) return enter_phase(event.index);
      ++trace_day_;
      day_began_ += scenario_.day_h * 3600;
      return begin_trace_day();
    case EventKind::trace_staff:
      return staff(scenario_.trace->days[trace_day_].staff[event.index].agents);
    case EventKind::trace_call:
      return trace_call();
    case EventKind::ring_ends:
      return ring_ends(event.index);
    case EventKind::away:
      return come_or_go(event.index);
    case EventKind::acceptance_moves:
      return move_acceptance(event.index == 1);
    case EventKind::lose:
      return lose();
  }
}

void Centre::happen(Observation::Kind kind, bool proactive, double lasted) {
  const Observation observation{kind, proactive, now_, lasted};
  const bool feedback = kind == Observation::Kind::accepted || kind == Observation::Kind::refused;
  if (scenario_.delay_s > 0 && !feedback)
    delayed_.push_back(observation);
  else
    observations_.push_back(observation);
  if (!feedback && hidden_s_ > 0) return push(now_ + hidden_s_, EventKind::shown, 0);
  wake();
}

void Centre::wake() {
  if (debounce_s_ < 0 || woken_) return;
  woken_ = true;
  push(now_ + debounce_s_, EventKind::woken, 0);
}

void Centre::integrate() {
  const double passed = now_ - integrated_;
  totals_.busy_s += passed * (talking_ + wrapping_ + ringing_[0] + ringing_[1]);
  totals_.logged_in_s += passed * (logged_in_ - idle_absent_);  // Those who answer.
  totals_.queue_s += passed * queue_length();
  integrated_ = now_;
}

Totals Centre::totals() {
  integrate();
  return totals_;
}

void Centre::send(int invitations) {
  for (int i = 0; i < invitations; ++i) {
    const std::uint32_t number = sent_next_++ % sent_ring;
    sent_at_[number] = now_;
    willing_[number] = invitations_.uniform();
    const double delay = scenario_.answer_s * invitations_.exponential();
    push(now_ + delay, EventKind::answer, number);
  }
  pending_ += invitations;
  totals_.sent += invitations;
}

// By the acceptance of that moment, not of when it was sent.
void Centre::answer(std::uint32_t number) {
  --pending_;
  const bool accepted = willing_[number] < acceptance_;
  const double delay = now_ - sent_at_[number];
  if (!accepted) {
    ++totals_.refused;
    return happen(Observation::Kind::refused, true, delay);
  }
  ++totals_.accepted;
  happen(Observation::Kind::accepted, true, delay);
  RandomStream& chance = services_[1];
  double service;
  if (scenario_.trace) {
    const auto& services = scenario_.trace->services_s;
    service =
        services[static_cast<std::size_t>(chance.uniform() * static_cast<double>(services.size()))];
  } else {
    service = scenario_.law == ServiceLaw::exponential ? chance.exponential()
                                                       : chance.lognormal(scenario_.handle_cv);
  }
  enter({now_, service, true, true}, scenario_.patience_s * patiences_[1].exponential());
}

void Centre::arrive() {
  next_arrival();
  RandomStream& chance = services_[0];
  const double service = scenario_.law == ServiceLaw::exponential
                             ? chance.exponential()
                             : chance.lognormal(scenario_.handle_cv);
  ++totals_.reactive_arrived;
  happen(Observation::Kind::arrived, false, 0);
  enter({now_, service, false, true}, scenario_.patience_s * patiences_[0].exponential());
}

void Centre::next_arrival() {
  if (reactive_rate_ > 0)
    push(now_ + arrivals_.exponential() / reactive_rate_, EventKind::arrival, 0, arrival_stamp_);
}

void Centre::enter(const Waiting& visitor, double patience_s) {
  if (!idle_.empty()) return begin(visitor);
  integrate();
  ++totals_.waited;
  ++waiting_[visitor.proactive];
  const auto number = queue_head_ + static_cast<std::uint32_t>(queue_.size());
  queue_.push_back(visitor);
  if (patience_s > 0) push(now_ + patience_s, EventKind::patience_ends, number);
}

void Centre::leave_queue(std::uint32_t number) {
  const std::uint32_t place = (number - queue_head_) & number_mask;
  if (place >= queue_.size() || !queue_[place].here) return;
  integrate();
  Waiting& visitor = queue_[place];
  visitor.here = false;
  --waiting_[visitor.proactive];
  ++(visitor.proactive ? totals_.abandoned : totals_.reactive_abandoned);
  totals_.brief += visitor.proactive && now_ - visitor.since < scenario_.threshold_s;
  totals_.wait_s += now_ - visitor.since;
  happen(Observation::Kind::abandoned, visitor.proactive, now_ - visitor.since);
  while (!queue_.empty() && !queue_.front().here) {
    queue_.pop_front();
    ++queue_head_;
  }
}

void Centre::take_next() {
  while (!idle_.empty() && !queue_.empty()) {
    const Waiting visitor = queue_.front();
    queue_.pop_front();
    ++queue_head_;
    if (!visitor.here) continue;
    integrate();
    --waiting_[visitor.proactive];
    begin(visitor);
  }
}

std::uint32_t Centre::choose_idle() const {
  if (scenario_.slots == 1) return static_cast<std::uint32_t>(idle_.size() - 1);
  const auto chats = [&](std::uint32_t slot) {
    return chats_[slot / static_cast<std::uint32_t>(scenario_.slots)];
  };
  const auto least = std::min_element(idle_.begin(), idle_.end(),
                                      [&](auto a, auto b) { return chats(a) < chats(b); });
  return static_cast<std::uint32_t>(least - idle_.begin());
}

double Centre::speed(std::uint32_t agent) const {
  return 1.0 / (1.0 + scenario_.slow_down * std::max(0, chats_[agent] - 1));
}

void Centre::begin(const Waiting& visitor) {
  integrate();
  const std::uint32_t place = choose_idle();
  const std::uint32_t slot = idle_[place];
  idle_[place] = idle_.back();
  idle_.pop_back();
  if (scenario_.ring_to_s <= 0) return talk(visitor, slot);
  ringing_at_[slot] = visitor;
  ++ringing_[visitor.proactive];
  const double rings_s =
      scenario_.ring_from_s + (scenario_.ring_to_s - scenario_.ring_from_s) * rings_.uniform();
  push(now_ + rings_s, EventKind::ring_ends, slot);
}

void Centre::ring_ends(std::uint32_t slot) {
  integrate();
  --ringing_[ringing_at_[slot].proactive];
  talk(ringing_at_[slot], slot);
}

void Centre::talk(const Waiting& visitor, std::uint32_t slot) {
  const std::uint32_t agent = slot / static_cast<std::uint32_t>(scenario_.slots);

  const double old_speed = speed(agent);
  ++chats_[agent];
  ++talking_;
  Work& work = work_[slot];
  work.left = visitor.service * handle_s_;
  work.from = now_;
  work.wrap_up = scenario_.wrap_up_s > 0 ? scenario_.wrap_up_s * wrap_ups_.exponential() : 0;
  slots_[slot] = {Phase::talking, visitor.proactive, false, now_, 0};
  if (scenario_.slow_down > 0) {
    retime(agent, old_speed);
  } else {
    slots_[slot].free_at_s = now_ + work.left + work.wrap_up;
    push(now_ + work.left, EventKind::slot_ends, slot, ++work.stamp);
  }
  ++(visitor.proactive ? totals_.answered : totals_.reactive_answered);
  totals_.late += visitor.proactive && now_ - visitor.since > scenario_.service_level_s;
  totals_.wait_s += now_ - visitor.since;
  happen(Observation::Kind::served, visitor.proactive, now_ - visitor.since);
}

// The agent's number of chats changed: what is left of each lasts longer or shorter now.
void Centre::retime(std::uint32_t agent, double old_speed) {
  const double new_speed = speed(agent);
  const auto first = agent * static_cast<std::uint32_t>(scenario_.slots);
  for (std::uint32_t slot = first; slot < first + static_cast<std::uint32_t>(scenario_.slots);
       ++slot) {
    if (slots_[slot].phase != Phase::talking) continue;
    Work& work = work_[slot];
    work.left = std::max(0.0, work.left - (now_ - work.from) * old_speed);
    work.from = now_;
    const double ends = now_ + work.left / new_speed;
    slots_[slot].free_at_s = ends + work.wrap_up;
    push(ends, EventKind::slot_ends, slot, ++work.stamp);
  }
}

void Centre::slot_ends(std::uint32_t index) {
  Slot& slot = slots_[index];
  integrate();
  if (slot.phase == Phase::wrap_up) {
    --wrapping_;
    happen(Observation::Kind::freed, slot.proactive, now_ - slot.since_s);
    return free_slot(index);
  }
  const std::uint32_t agent = index / static_cast<std::uint32_t>(scenario_.slots);
  const double old_speed = speed(agent);
  --talking_;
  --chats_[agent];
  happen(Observation::Kind::talk_ended, slot.proactive, now_ - slot.since_s);
  const double wrap_up = work_[index].wrap_up;
  slot.phase = wrap_up > 0 ? Phase::wrap_up : Phase::idle;
  slot.since_s = now_;
  ++work_[index].stamp;
  if (scenario_.slow_down > 0) retime(agent, old_speed);
  if (wrap_up > 0) {
    ++wrapping_;
    slot.free_at_s = now_ + wrap_up;
    push(now_ + wrap_up, EventKind::slot_ends, index, work_[index].stamp);
  } else {
    happen(Observation::Kind::freed, slot.proactive, 0);
    free_slot(index);
  }
}

void Centre::free_slot(std::uint32_t index) {
  if (!slots_[index].leaving) {
    make_idle(index);
    return take_next();
  }
  slots_[index] = {Phase::off, false, false, now_, 0};
  --logged_in_;
  const auto per = static_cast<std::uint32_t>(scenario_.slots);
  const std::uint32_t first = index / per * per;
  for (std::uint32_t slot = first; slot < first + per; ++slot)
    if (slots_[slot].phase != Phase::off) return;
  presence_[index / per] = Presence::off;
}

void Centre::make_idle(std::uint32_t index) {
  slots_[index] = {Phase::idle, false, false, now_, now_};
  if (absent_[index / static_cast<std::uint32_t>(scenario_.slots)])
    ++idle_absent_;
  else
    idle_.push_back(index);
}

// Only idle slots are shown and not taken: an agent who is talking finishes that.
void Centre::come_or_go(std::uint32_t agent) {
  integrate();
  absent_[agent] = !absent_[agent];
  const auto first = agent * static_cast<std::uint32_t>(scenario_.slots);
  for (std::uint32_t slot = first; slot < first + static_cast<std::uint32_t>(scenario_.slots);
       ++slot) {
    if (slots_[slot].phase != Phase::idle) continue;
    if (absent_[agent]) {
      if (std::erase(idle_, slot) > 0) ++idle_absent_;  // Else it rings: that one is taken yet.
    } else if (std::find(idle_.begin(), idle_.end(), slot) == idle_.end()) {
      --idle_absent_;
      idle_.push_back(slot);
    }
  }
  const double lasts_s =
      absent_[agent] ? scenario_.away_s : scenario_.away_every_s - scenario_.away_s;
  push(now_ + lasts_s, EventKind::away, agent);
  take_next();
}

void Centre::move_acceptance(bool other) {
  acceptance_ = other ? scenario_.other_acceptance : scenario_.acceptance;
  push(now_ + scenario_.acceptance_moves_s * moves_.exponential(), EventKind::acceptance_moves,
       other ? 0 : 1);
}

// They accepted and were gone before anybody could have served them: a fault of the site, say.
void Centre::lose() {
  push(now_ + scenario_.day_h * scenario_.lost_each_days * 3600, EventKind::lose, 0);
  const int lost = scenario_.lost * scenario_.agents;
  totals_.sent += lost;
  totals_.accepted += lost;
  totals_.abandoned += lost;
  for (int i = 0; i < lost; ++i) {
    happen(Observation::Kind::accepted, true, 0);
    happen(Observation::Kind::abandoned, true, 0);
  }
}

void Centre::agent_on(std::uint32_t agent) {
  presence_[agent] = Presence::on;
  ++agents_on_;
  const auto first = agent * static_cast<std::uint32_t>(scenario_.slots);
  for (std::uint32_t slot = first; slot < first + static_cast<std::uint32_t>(scenario_.slots);
       ++slot) {
    slots_[slot].leaving = false;
    if (slots_[slot].phase != Phase::off) continue;
    ++logged_in_;
    make_idle(slot);
  }
}

void Centre::agent_off(std::uint32_t agent) {
  --agents_on_;
  presence_[agent] = Presence::off;
  const auto first = agent * static_cast<std::uint32_t>(scenario_.slots);
  for (std::uint32_t slot = first; slot < first + static_cast<std::uint32_t>(scenario_.slots);
       ++slot) {
    if (slots_[slot].phase == Phase::idle) {
      if (std::erase(idle_, slot) == 0) --idle_absent_;
      slots_[slot] = {Phase::off, false, false, now_, 0};
      --logged_in_;
    } else if (slots_[slot].phase != Phase::off) {
      slots_[slot].leaving = true;
      presence_[agent] = Presence::leaving;
    }
  }
}

void Centre::staff(int agents) {
  integrate();
  const auto count = static_cast<std::uint32_t>(presence_.size());
  for (const Presence from : {Presence::leaving, Presence::off})
    for (std::uint32_t agent = 0; agent < count && agents_on_ < agents; ++agent)
      if (presence_[agent] == from) agent_on(agent);
  for (const bool must_be_free : {true, false})
    for (std::uint32_t agent = count; agent-- > 0 && agents_on_ > agents;)
      if (presence_[agent] == Presence::on && (!must_be_free || chats_[agent] == 0))
        agent_off(agent);
  take_next();
}

void Centre::enter_phase(std::size_t index) {
  DayPhase phase{0, scenario_.acceptance, scenario_.handle_s, 1, 1};
  if (!scenario_.phases.empty()) {
    phase = scenario_.phases[index];
    if (index == 0 && now_ > day_began_) day_began_ += scenario_.day_h * 3600;
    const std::size_t next = (index + 1) % scenario_.phases.size();
    const double next_h = next == 0 ? scenario_.day_h : scenario_.phases[next].from_h;
    push(day_began_ + next_h * 3600, EventKind::phase, static_cast<std::uint32_t>(next));
  }
  acceptance_ = phase.acceptance;
  hidden_s_ = scenario_.hidden_s + phase.hidden_s;
  handle_s_ = phase.handle_s;
  reactive_rate_ = phase.reactive * scenario_.reactive_load * scenario_.total_slots() /
                   (scenario_.handle_s + scenario_.wrap_up_s);
  ++arrival_stamp_;
  next_arrival();
  staff(static_cast<int>(std::lround(scenario_.agents * phase.staffing)));
}

void Centre::begin_trace_day() {
  const TraceDay& day = scenario_.trace->days[trace_day_];
  trace_next_ = 0;
  for (std::size_t i = 0; i < day.staff.size(); ++i)
    push(day_began_ + day.staff[i].at_s, EventKind::trace_staff, static_cast<std::uint32_t>(i));
  push(day_began_ + day.calls[0].at_s, EventKind::trace_call, 0);
  if (trace_day_ + 1 < scenario_.trace->days.size())
    push(day_began_ + scenario_.day_h * 3600, EventKind::phase, 0);
}

void Centre::trace_call() {
  const Trace& trace = *scenario_.trace;
  const TraceDay& day = trace.days[trace_day_];
  const TraceCall& call = day.calls[trace_next_];
  if (++trace_next_ < day.calls.size()) {
    push(std::max(now_, day_began_ + day.calls[trace_next_].at_s), EventKind::trace_call, 0);
  }
  const double drawn = services_[0].uniform();
  const double more_patience = trace.mean_patience_s * patiences_[0].exponential();
  const double service = call.service_s > 0
                             ? call.service_s
                             : trace.services_s[static_cast<std::size_t>(
                                   drawn * static_cast<double>(trace.services_s.size()))];
  ++totals_.reactive_arrived;
  happen(Observation::Kind::arrived, false, 0);
  enter({now_, service, false, true}, call.patience_s + (call.left ? 0 : more_patience));
}

View Centre::view() const {
  View view;
  view.now_s = now_;
  view.day_s = now_ - day_began_;
  view.day_length_s = scenario_.day_h * 3600;
  view.statistics_at_s = now_;
  view.logged_in = logged_in_;
  view.idle = static_cast<int>(idle_.size()) + idle_absent_ + ringing_[0] + ringing_[1];
  view.talking = talking_;
  view.wrap_up = wrapping_;
  view.queue_proactive = waiting_[1] + ringing_[1];
  view.queue_reactive = waiting_[0] + ringing_[0];
  view.slots = slots_;
  if (scenario_.hides_age()) {
    view.answered = totals_.answered + totals_.reactive_answered;
    view.abandoned = totals_.abandoned + totals_.reactive_abandoned;
  }
  return view;
}

// The newest statistics that are `hidden_s_` old, and claim to be of now. They never go back.
void Centre::hide_age(View& view) {
  while (hidden_.size() > 1 && hidden_[1].now_s <= now_ - hidden_s_) hidden_.pop_front();
  if (hidden_.empty()) return;
  const View then = hidden_.front();
  view.logged_in = then.logged_in;
  view.idle = then.idle;
  view.talking = then.talking;
  view.wrap_up = then.wrap_up;
  view.queue_proactive = then.queue_proactive;
  view.queue_reactive = then.queue_reactive;
  view.answered = then.answered;
  view.abandoned = then.abandoned;
}

void Centre::ask(System& system) {
  if (scenario_.phases.empty() && !scenario_.trace)
    while (now_ - day_began_ >= scenario_.day_h * 3600) day_began_ += scenario_.day_h * 3600;
  View seen = view();
  if (scenario_.delay_s > 0) {
    seen_.push_back({seen, slots_});
    while (seen_.size() > 1 && seen_[1].view.now_s <= now_ - scenario_.delay_s) seen_.pop_front();
    while (!delayed_.empty() && delayed_.front().at_s <= now_ - scenario_.delay_s) {
      observations_.push_back(delayed_.front());
      delayed_.pop_front();
    }
    const View fresh = seen;
    seen = seen_.front().view;
    seen.slots = seen_.front().slots;
    seen.now_s = fresh.now_s;
    seen.day_s = fresh.day_s;
  }
  if (scenario_.hides_age()) hide_age(seen);
  seen.observed = observations_;
  seen.sent = totals_.sent;
  seen.accepted = totals_.accepted;
  seen.refused = totals_.refused;
  seen.pending = pending_;

  int invitations;
  if (++totals_.decisions % timed_every == 0) {
    const std::int64_t began = ns_now();
    invitations = system.decide(seen);
    const std::int64_t took = ns_now() - began;
    if (took < preempted_ns) {
      totals_.timed_ns += static_cast<double>(took);
      ++totals_.timed_decisions;
    }
  } else {
    invitations = system.decide(seen);
  }
  observations_.clear();
  send(std::max(0, invitations));
}

}  // namespace paceline::test
