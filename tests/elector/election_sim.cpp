#include "tests/elector/election_sim.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "common/base/check.h"

namespace paceline::test {
using namespace elector;

namespace {

constexpr Duration forever = Duration::max();
constexpr const char* boot = "boot";
constexpr Duration report_period = 200ms;
constexpr Duration publication_period = 150ms;

}  // namespace

enum class EventKind : std::uint8_t {
  wake,        // elector: its timer.
  hear,        // elector: a message.
  stored,      // elector: its disk is done.
  said,        // elector: a report of its publisher.
  died,        // elector: the pidfd of its publisher.
  granted,     // publisher: a grant.
  gate_timer,  // publisher: its gate runs out.
  report,      // publisher: its life sign is due.
  cycle,       // publisher: checks, and will send.
  answer,      // publisher: the endpoint refused.
  send,        // publisher: after its check.
  lie,         // the liar's next word is due.
  arrive,      // endpoint.
  restart_elector,
  restart_publisher,
  resume_elector,
  resume_publisher,
};

struct ElectionSim::Event {
  Duration when{};
  std::uint64_t order = 0;
  EventKind what{};
  std::size_t node = 0;
  int life = 0;          // Of the process it is for.
  std::size_t from = 0;  // Whose key a message came with.
  std::uint64_t term = 0;
  std::uint64_t sequence = 0;
  std::shared_ptr<const ElectionMessage> message{};
  std::shared_ptr<const Grant> grant{};
  std::shared_ptr<const PublicationReport> said{};
  int publisher = 0;  // Life of the one that said it, or died.
};

bool ElectionSim::Later::operator()(const Event& a, const Event& b) const {
  return std::pair{a.when, a.order} > std::pair{b.when, b.order};
}

struct ElectionSim::Node {
  std::size_t index = 0;
  std::string name;
  // Clock: local = base + rate x (true - since).
  Instant base{};
  Duration since{};
  double rate = 1;
  // Elector process.
  int life = 0;
  std::unique_ptr<Election> election;
  std::unique_ptr<Health> health;  // As long as the elector.
  bool paused = false;
  bool stopping = false;
  bool storing = false;
  Election::Outcome held;        // Until the disk is done.
  std::deque<Event> inbox;       // While paused or storing.
  std::uint64_t wake_order = 0;  // The only timer that counts.
  std::uint64_t last_term = 0;
  std::uint64_t asked_term = 0;  // Of its last request for votes, or the one before that.
  std::uint64_t grants = 0;
  std::uint64_t incarnation = 0;
  int watched_publisher = 0;   // Life of the publisher that it heard last; its grants name it.
  std::uint64_t promised = 0;  // The highest term it voted for or acknowledged, in any life.
  // Disk.
  DurableState disk;
  Duration store_max{};
  bool disk_full = false;
  // Publisher process.
  int publisher_life = 0;
  std::unique_ptr<Gate> gate;
  bool publisher_paused = false;
  std::deque<Event> publisher_inbox;
  Tier tier = Tier::fit;
  PublicationOutcome outcome = PublicationOutcome::none;
  std::uint64_t failed_in_a_row = 0;
  std::uint64_t disputed_term = 0;
  std::uint64_t sequence = 0;
  bool witness = false;
};

SimPlan ElectionSim::calm(std::uint64_t seed, int nodes, int witnesses) {
  SimPlan plan;
  plan.seed = seed;
  plan.policy.cluster = "sim";
  for (int i = 0; i < nodes; ++i)
    plan.policy.voters.push_back({std::string(1, static_cast<char>('a' + i)), 100});
  for (int i = 0; i < witnesses; ++i)
    plan.policy.voters.push_back({std::string(1, static_cast<char>('w' + i)), 0});
  plan.policy.pair = plan.policy.voters.size() == 2;
  plan.check_exclusion = !plan.policy.pair;  // plan() says when a pair promises it.
  return plan;
}

SimPlan ElectionSim::plan(std::uint64_t seed) {
  SimRandom random{seed * 2 + 1};
  const auto chance = [&] { return random.uniform(); };
  const auto one_of = [&](auto... values) {
    const std::array all{values...};
    return all[random.bits() % all.size()];
  };
  const int shape = one_of(0, 1, 1, 2, 3, 3);  // Pair, two and a witness, three, five.
  SimPlan plan = shape == 0   ? calm(seed, 2, 0)
                 : shape == 1 ? calm(seed, 2, 1)
                 : shape == 2 ? calm(seed, 3, 0)
                              : calm(seed, one_of(4, 5), 0);
  if (plan.policy.voters.size() == 4) plan.policy.voters.push_back({"w", 0});
  auto& policy = plan.policy;
  for (auto& voter : policy.voters)
    if (voter.priority > 0) voter.priority = one_of(50, 100, 100, 200);
  policy.heartbeat = one_of(50ms, 100ms, 200ms, 200ms);
  policy.missed = one_of(2, 3, 3, 4);
  policy.guard = policy.heartbeat / 20;
  policy.stagger = policy.heartbeat / 10;
  policy.preempt = chance() < 0.2;
  policy.preempt_delay = 2s;
  policy.better_for = 500ms;

  // Either clocks are as wrong as the policy allows, or far more: then only the fence holds.
  plan.rate_error = one_of(0.0, 0.001, 0.05, 0.05);
  const bool within = chance() < 0.8;
  policy.rho_ppm = within ? static_cast<int>(plan.rate_error * 1e6) : 1000;
  const bool bounded = plan.rate_error * 1e6 <= policy.rho_ppm;
  plan.check_exclusion = bounded;

  if (chance() < 0.6) plan.loss = chance() * one_of(0.02, 0.1, 0.3);
  if (chance() < 0.4) plan.duplicate = chance() * 0.2;
  plan.delay_max = one_of(500us, 2000us, 5000us, 50000us, 300000us);
  plan.grant_delay_max = one_of(0us, 500us, 1000us, 20000us);
  plan.store_max = one_of(0ms, 1ms, 5ms, 50ms);
  plan.request_max = one_of(5ms, 50ms, 1000ms);
  for (auto& weight : plan.weights) weight = chance() < 0.5 ? chance() : 0;
  plan.between_faults = one_of(100ms, 300ms, 1000ms);
  if (chance() < 0.3) plan.absurd_fences = 0.1;
  if (chance() < 0.4) plan.liar = static_cast<int>(random.bits() % policy.voters.size());
  if (!policy.pair) return plan;
  // Without a witness two masters are excluded only while the nodes hear each other.
  plan.weights[static_cast<int>(Fault::lose_term)] = 0;
  const bool quiet = chance() < 0.5;
  plan.check_exclusion = bounded && quiet;
  if (!quiet) return plan;
  plan.loss = 0;
  plan.delay_max = std::min<Duration>(plan.delay_max, 2ms);
  plan.store_max = std::min<Duration>(plan.store_max, 5ms);
  for (const Fault fault : {Fault::cut_both, Fault::cut_one_way, Fault::flap, Fault::pause_elector,
                            Fault::slow_or_full_disk})
    plan.weights[static_cast<int>(fault)] = 0;
  return plan;
}

ElectionSim::ElectionSim(SimPlan plan) : plan_{std::move(plan)}, random_{plan_.seed} {
  const auto& voters = plan_.policy.voters;
  cut_until_.assign(voters.size(), std::vector<Duration>(voters.size(), Duration::zero()));
  for (std::size_t i = 0; i < voters.size(); ++i) {
    auto& node = *nodes_.emplace_back(std::make_unique<Node>());
    node.index = i;
    node.name = voters[i].name;
    node.witness = voters[i].priority == 0;
    node.base = Instant{random_duration(10s, 1'000'000s)};
    node.since = now_;
    node.rate = 1 + (chance() * 2 - 1) * plan_.rate_error;
    node.store_max = plan_.store_max;
    start_elector(i);
    if (!node.witness) start_publisher(i);
  }
  if (plan_.liar >= 0) at(now_, {.what = EventKind::lie});
}

ElectionSim::~ElectionSim() = default;

Instant ElectionSim::local(const Node& node) const {
  const auto passed = static_cast<double>((now_ - node.since).count());
  return node.base + Duration{static_cast<std::int64_t>(passed * node.rate)};
}

Duration ElectionSim::true_time(const Node& node, Instant instant) const {
  const Instant from = local(node);
  if (instant <= from) return now_;
  const auto left = static_cast<double>((instant - from).count()) / node.rate;
  return now_ + Duration{static_cast<std::int64_t>(left) + 1};
}

Duration ElectionSim::random_duration(Duration least, Duration most) {
  return least + from_seconds(chance() * to_seconds(most - least));
}

void ElectionSim::at(Duration when, Event event) {
  event.when = std::max(when, now_);
  event.order = ++order_;
  queue_.push(std::move(event));
}

bool ElectionSim::step(Duration until) {
  if (queue_.empty() || queue_.top().when > until || !verdict_.broken.empty()) return false;
  Event event = queue_.top();
  queue_.pop();
  now_ = event.when;
  ++verdict_.events;
  handle(event);
  return true;
}

void ElectionSim::run_for(Duration duration) {
  const Duration until = now_ + duration;
  while (step(until)) continue;
  now_ = until;
}

bool ElectionSim::run_until(const std::function<bool()>& done, Duration limit) {
  const Duration until = now_ + limit;
  while (!done()) {
    if (step(until)) continue;
    now_ = until;
    return done();
  }
  return true;
}

// An event of a process that ended meanwhile is gone; one of a process that stands still waits.
void ElectionSim::handle(Event& event) {
  Node& node = *nodes_[event.node];
  switch (event.what) {
    case EventKind::restart_elector:
      if (!node.election) start_elector(event.node);
      return;
    case EventKind::restart_publisher:
      if (!node.gate) start_publisher(event.node);
      return;
    case EventKind::resume_elector:
      node.paused = false;
      return deliver_queued(node);
    case EventKind::resume_publisher: {
      node.publisher_paused = false;
      auto waiting = std::exchange(node.publisher_inbox, {});
      for (auto& late : waiting) at(now_, std::move(late));
      return;
    }
    case EventKind::arrive:
      return arrive_at_endpoint(event);
    case EventKind::lie:
      return lie();
    case EventKind::wake:
    case EventKind::hear:
    case EventKind::said:
    case EventKind::died:
      if (event.life != node.life || !node.election) return;
      if (event.what == EventKind::wake && event.order != node.wake_order) return;
      if (node.paused || node.storing) {
        node.inbox.push_back(event);
        return;
      }
      return deliver(node, event);
    case EventKind::stored: {
      if (event.life != node.life || !node.election) return;
      node.storing = false;
      auto outcome = std::exchange(node.held, {});
      const bool failed = node.disk_full && outcome.store;
      if (failed) {
        ++verdict_.store_failures;
        outcome.messages.clear();
        if (outcome.grant && outcome.grant->term != 0) outcome.grant.reset();
      } else if (outcome.store) {
        node.disk.term = *outcome.store;
        node.disk.lost = false;  // Only what was written is there: a full disk stays unreadable.
        node.election->stored(*outcome.store, local(node));
      }
      finish(node, std::move(outcome));
      return deliver_queued(node);
    }
    case EventKind::granted:
    case EventKind::gate_timer:
    case EventKind::report:
    case EventKind::cycle:
    case EventKind::answer:
    case EventKind::send:
      break;
  }

  if (event.what == EventKind::granted) event.life = node.publisher_life;  // A bus knows no lives.
  if (event.life != node.publisher_life || !node.gate) return;
  if (node.publisher_paused) {
    node.publisher_inbox.push_back(event);
    return;
  }
  const bool was_open = node.gate->open();
  switch (event.what) {
    case EventKind::granted: {
      const auto change = node.gate->receive(*event.grant, local(node));
      if (node.gate->open())
        at(true_time(node, node.gate->closes_at()),
           {.what = EventKind::gate_timer, .node = node.index, .life = node.publisher_life});
      if (change != Gate::Change::none || event.grant->term == 0) report(node);
      if (change == Gate::Change::opened) try_publication(node);
      break;
    }
    case EventKind::gate_timer:
      node.gate->tick(local(node));
      break;
    case EventKind::report:
      report(node);
      at(now_ + report_period, {.what = EventKind::report, .node = node.index, .life = event.life});
      break;
    case EventKind::cycle:
      try_publication(node);
      at(now_ + publication_period,
         {.what = EventKind::cycle, .node = node.index, .life = event.life});
      break;
    case EventKind::send:
      event.what = EventKind::arrive;
      at(now_ + random_duration(100us, plan_.request_max), event);
      break;
    case EventKind::answer:
      if (event.term > node.gate->term()) node.gate->fence(event.term);
      report(node);
      break;
    case EventKind::wake:
    case EventKind::hear:
    case EventKind::stored:
    case EventKind::said:
    case EventKind::died:
    case EventKind::arrive:
    case EventKind::lie:
    case EventKind::restart_elector:
    case EventKind::restart_publisher:
    case EventKind::resume_elector:
    case EventKind::resume_publisher:
      break;
  }
  if (was_open != node.gate->open()) trace(node, was_open ? "gate shut" : "gate open");
  check(node);
}

void ElectionSim::deliver(Node& node, Event event) {
  const Instant now = local(node);
  switch (event.what) {
    case EventKind::wake:
      return apply(node, node.election->tick(now));
    case EventKind::hear:
      return hear_message(node, event);
    case EventKind::said:
      if (event.publisher < node.watched_publisher) return;
      if (const int before = std::exchange(node.watched_publisher, event.publisher);
          before != 0 && before != event.publisher) {
        node.inbox.push_front(event);  // After the end of its predecessor.
        apply(node, node.election->publisher_said({}, now));
        return node.storing ? void() : deliver_queued(node);
      }
      return hear_publisher(node, event);
    case EventKind::died:
      if (event.publisher != node.watched_publisher) return;
      return apply(node, node.election->publisher_died(now));
    default:
      return;
  }
}

void ElectionSim::hear_message(Node& node, const Event& event) {
  const auto& message = *event.message;
  const auto held = node.election->term();
  auto outcome = node.election->hear(nodes_[event.from]->name, message, local(node));
  if (outcome.refused == Refusal::impossible_term) ++verdict_.impossible_terms;
  if (outcome.refused == Refusal::forged_sender) ++verdict_.forged_senders;
  if (outcome.refused == Refusal::witness_leads) ++verdict_.leading_witnesses;
  if (counter_of(node.election->term()) > counter_of(held) + most_lifted) ++verdict_.caught_up;
  if (outcome.refused == Refusal::none && message.kind == ElectionMessageKind::heartbeat)
    node.health->heard_master(message.term, message.tier == static_cast<int>(Tier::fit),
                              local(node));
  apply(node, std::move(outcome));
}

void ElectionSim::hear_publisher(Node& node, const Event& event) {
  const auto& report = *event.said;
  node.health->report(report);
  const auto term = node.election->term();
  const bool leads = node.election->role() == ElectorRole::master;
  auto outcome = node.election->publisher_said({.tier = node.health->tier(),
                                                .stopped_term = report.stopped_term,
                                                .fenced_by = report.fenced_by,
                                                .disputed_term = report.disputed_term,
                                                .why_unfit = node.health->why()},
                                               local(node));
  if (leads && !is_possible_fence(report.fenced_by, term)) ++verdict_.absurd_fences;
  if (leads && report.disputed_term == term) {
    ++verdict_.disputes;
    if (node.election->role() == ElectorRole::master && node.election->term() == term)
      broken("C1: " + node.name + " is master in a term that a copy of the cluster has too");
  }
  if (node.health->tier() == Tier::cannot_publish && report.endpoint_reachable && !report.open)
    ++verdict_.remembered_failures;
  apply(node, std::move(outcome));
}

// After a pause: the timer may ring before or after what was queued, which comes soon.
void ElectionSim::deliver_queued(Node& node) {
  if (node.paused || node.storing || !node.election) return;
  auto waiting = std::exchange(node.inbox, {});
  const bool timer_first = chance() < 0.5;
  Duration when = now_;
  for (auto& event : waiting) {
    if (event.what == EventKind::wake) {
      at(timer_first ? now_ : now_ + 1ms, event);
      node.wake_order = order_;
    } else {
      when += random_duration(0ms, 200us);
      at(when, std::move(event));
    }
  }
}

void ElectionSim::start_elector(std::size_t index) {
  Node& node = *nodes_[index];
  ++node.life;
  node.paused = node.stopping = node.storing = false;
  node.inbox.clear();
  if (!plan_.keeps_term) node.disk.term = 0;
  DurableState durable = node.disk;
  node.incarnation = durable.incarnation = std::max(durable.incarnation, node.incarnation) + 1;
  if (!durable.lost) node.disk.incarnation = durable.incarnation;
  node.last_term = durable.term;
  node.grants = 0;
  node.watched_publisher = 0;
  node.election =
      std::make_unique<Election>(node.name, plan_.policy, durable, random_.bits(), local(node));
  node.health = std::make_unique<Health>(Health::Bounds{.remembers = plan_.remembers_failures});
  node.asked_term = durable.term;
  trace(node, "elector starts");
  at(now_, {.what = EventKind::wake, .node = index, .life = node.life});
  node.wake_order = order_;
}

void ElectionSim::apply(Node& node, Election::Outcome outcome) {
  if (outcome.refused == Refusal::none) {
    for (const auto& message : outcome.messages)
      if (message.kind == ElectionMessageKind::pre_vote_answer && !message.ok)
        ++verdict_.refused_votes;
  }
  check(node);
  if (!outcome.store) return finish(node, std::move(outcome));
  node.storing = true;
  node.held = std::move(outcome);
  at(now_ + random_duration(0ms, node.store_max),
     {.what = EventKind::stored, .node = node.index, .life = node.life});
}

void ElectionSim::finish(Node& node, Election::Outcome outcome) {
  const auto before = led_.size();
  for (const auto& became : outcome.became) {
    trace(node, std::string{to_string(became.role)} + " term " + std::to_string(became.term) +
                    ": " + became.why);
    if (became.role == ElectorRole::master) {
      const auto [entry, is_new] = led_.try_emplace(became.term, node.index, node.life);
      if (!is_new && entry->second != std::pair{node.index, node.life})
        broken("S1: term " + std::to_string(became.term) + " had a master before");
    }
    if (became.why == "a quorum still follows") ++verdict_.graces_survived;
    if (became.why == "learned the term that was lost") ++verdict_.recovered_terms;
    if (on_became) on_became(node.index, became);
  }
  if (led_.size() > before) ++verdict_.masters;
  if (outcome.grant) publish_grant(node, *outcome.grant);
  for (auto& message : outcome.messages)
    send(node, std::make_shared<const ElectionMessage>(std::move(message)));
  at(true_time(node, outcome.wake),
     {.what = EventKind::wake, .node = node.index, .life = node.life});
  node.wake_order = order_;
  if (node.election->late()) ++verdict_.late;
  const auto role = node.election->role();
  const bool holds = role == ElectorRole::leader || role == ElectorRole::master ||
                     role == ElectorRole::grace || role == ElectorRole::draining;
  if (node.stopping && !holds) kill_elector(node.index);
}

void ElectionSim::publish_grant(Node& node, const Election::GrantOrder& order) {
  const auto& election = *node.election;
  if (order.term != 0) {
    if (order.term != election.term()) broken("S3: a grant of another term");
    if (order.expires > election.lease_until()) broken("S3: a grant outlives its lease");
  }
  auto grant = std::make_shared<Grant>();
  grant->node = node.name;
  grant->incarnation = node.incarnation;
  grant->sequence = ++node.grants;
  grant->term = order.term;
  grant->expires_ns = order.expires.time_since_epoch().count();
  grant->boot = boot;
  grant->why = order.why;
  grant->publisher = static_cast<std::uint64_t>(node.watched_publisher);
  at(now_ + random_duration(0ms, plan_.grant_delay_max),
     {.what = EventKind::granted, .node = node.index, .life = node.publisher_life, .grant = grant});
}

void ElectionSim::send(Node& node, std::shared_ptr<const ElectionMessage> message) {
  using Kind = ElectionMessageKind;
  if (message->term > node.disk.term)
    broken("S6: " + node.name + " named a term it had not stored");
  if (message->kind == Kind::vote ||
      (message->kind == Kind::acknowledge && message->timestamp_ns != 0)) {
    if (message->term < node.promised) broken("S6: " + node.name + " went back on a promise");
    node.promised = message->term;
  }
  if (message->kind == Kind::vote_request) {
    if (counter_of(message->term) - counter_of(node.asked_term) >= most_taken)
      ++verdict_.capped_terms;
    node.asked_term = message->term;
  }
  if (message->kind == Kind::release) {
    ++verdict_.releases;
    trace(node, "release for " + message->target);
    if (gate_open(node.index) && node.gate->term() == message->term)
      broken("S5: " + node.name + " released a term that its publisher may publish under");
  }
  for (std::size_t to = 0; to < nodes_.size(); ++to) {
    if (to == node.index || (!message->to.empty() && message->to != nodes_[to]->name)) continue;
    if (cut_until_[node.index][to] > now_) continue;
    const int copies = chance() < plan_.duplicate ? 2 : 1;
    for (int copy = 0; copy < copies; ++copy) {
      if (chance() < plan_.loss) continue;
      at(now_ + random_duration(100us, plan_.delay_max), {.what = EventKind::hear,
                                                          .node = to,
                                                          .life = nodes_[to]->life,
                                                          .from = node.index,
                                                          .message = message});
    }
  }
}

void ElectionSim::start_publisher(std::size_t index) {
  Node& node = *nodes_[index];
  ++node.publisher_life;
  node.publisher_paused = false;
  node.publisher_inbox.clear();
  node.outcome = PublicationOutcome::none;
  node.failed_in_a_row = node.disputed_term = 0;
  node.gate = std::make_unique<Gate>(
      Gate::Policy{.node = node.name,
                   .boot = boot,
                   .incarnation = static_cast<std::uint64_t>(node.publisher_life),
                   .guard = plan_.policy.guard});
  at(now_, {.what = EventKind::report, .node = index, .life = node.publisher_life});
  at(now_, {.what = EventKind::cycle, .node = index, .life = node.publisher_life});
}

void ElectionSim::report(Node& node) {
  auto report = std::make_shared<PublicationReport>();
  report->open = node.gate->open();
  report->term = node.gate->term();
  report->stopped_term = node.gate->stopped_term();
  report->fenced_by = node.gate->fenced_by();
  report->outcome = node.outcome;
  report->failed_in_a_row = node.failed_in_a_row;
  report->disputed_term = node.disputed_term;
  report->endpoint_tried = true;
  report->endpoint_reachable = node.tier != Tier::cannot_publish;
  report->token_usable = true;
  report->pace_age_s = report->stat_age_s = node.tier == Tier::stale_pace ? -1 : 0;
  if (plan_.absurd_fences > 0 && chance() < plan_.absurd_fences)
    report->fenced_by = chance() < 0.5 ? ~std::uint64_t{0} : largest_term;
  at(now_ + random_duration(0ms, plan_.grant_delay_max), {.what = EventKind::said,
                                                          .node = node.index,
                                                          .life = node.life,
                                                          .said = report,
                                                          .publisher = node.publisher_life});
}

void ElectionSim::try_publication(Node& node) {
  if (!node.gate->may_send(local(node))) return;
  at(now_ + random_duration(0ms, plan_.policy.guard / 2), {.what = EventKind::send,
                                                           .node = node.index,
                                                           .life = node.publisher_life,
                                                           .term = node.gate->term(),
                                                           .sequence = ++node.sequence});
}

void ElectionSim::arrive_at_endpoint(const Event& event) {
  const bool newer =
      std::pair{event.term, event.sequence} > std::pair{endpoint_term_, endpoint_sequence_};
  if (plan_.fence && !newer) {
    if (event.term >= endpoint_term_) return;
    ++verdict_.fenced;
    at(now_ + random_duration(100us, plan_.request_max),
       {.what = EventKind::answer, .node = event.node, .life = event.life, .term = endpoint_term_});
    return;
  }
  if (event.term < endpoint_term_) broken("S4: the endpoint accepted an older term");
  ++verdict_.accepted;
  endpoint_term_ = event.term;
  endpoint_sequence_ = event.sequence;
  // What comes of it is told at once: only an answer that does not come takes long.
  Node& node = *nodes_[event.node];
  if (!node.gate || event.life != node.publisher_life) return;
  const bool failed = now_ < slow_until_;
  node.outcome = failed ? PublicationOutcome::failed : PublicationOutcome::accepted;
  node.failed_in_a_row = failed ? node.failed_in_a_row + 1 : 0;
  if (!failed) return;
  ++verdict_.failed_publications;
  report(node);
}

void ElectionSim::slow_endpoint(bool is_slow) {
  slow_until_ = is_slow ? forever : now_;
}

// A word of the liar for everybody, over its own connection. A witness says what it likes; of a node
// that may be master only absurd terms are lies, the others make it master, as its key permits.
void ElectionSim::lie() {
  using Kind = ElectionMessageKind;
  const Node& liar = *nodes_[static_cast<std::size_t>(plan_.liar)];
  const std::size_t other = (liar.index + 1 + pick(nodes_.size() - 1)) % nodes_.size();
  const bool forges = chance() < 0.3;
  const std::size_t named = forges ? other : liar.index;
  auto lie = std::make_shared<ElectionMessage>();
  lie->cluster = plan_.policy.cluster;
  lie->config = plan_.policy.fingerprint();
  lie->node = nodes_[named]->name;
  lie->incarnation = nodes_[named]->incarnation + 1'000'000;
  lie->sequence = ++order_;
  const std::array kinds{Kind::presence, Kind::heartbeat, Kind::vote_request, Kind::release};
  lie->kind = kinds[pick(forges || liar.witness ? 4 : 3)];
  const auto election = liar.election.get();
  const auto believable = (election ? counter_of(election->term()) : 0) + pick(3);
  const bool absurd = !forges && (!liar.witness || chance() < 0.7);
  const auto counter = absurd ? counter_of(largest_term) - pick(3) : believable;
  lie->term = counter << 8 | (named + 1);
  lie->role = ElectorRole::follower;
  lie->priority = 255;
  lie->extends = true;
  for (const auto& node : nodes_)
    if (node->index != liar.index)
      at(now_ + random_duration(100us, plan_.delay_max), {.what = EventKind::hear,
                                                          .node = node->index,
                                                          .life = node->life,
                                                          .from = liar.index,
                                                          .message = lie});
  at(now_ + random_duration(1ms, plan_.policy.heartbeat), {.what = EventKind::lie});
}

// A copy of the cluster publishes under the term of whoever publishes: its publisher stops that term.
void ElectionSim::clone() {
  for (const auto& node : nodes_) {
    if (!gate_open(node->index) || node->publisher_paused) continue;
    node->disputed_term = node->gate->term();
    Grant none;
    none.node = node->name;
    none.incarnation = node->incarnation;
    none.sequence = ++node->grants;
    none.boot = boot;
    none.publisher = static_cast<std::uint64_t>(node->publisher_life);
    static_cast<void>(node->gate->receive(none, local(*node)));
    report(*node);
  }
}

void ElectionSim::kill_elector(std::size_t index) {
  Node& node = *nodes_[index];
  if (!node.election) return;
  // Killed in the middle of storing: the file is the old one or the new one.
  if (node.storing && node.held.store && !node.disk_full && chance() < 0.5)
    node.disk.term = *node.held.store;
  node.held = {};
  node.storing = false;
  node.election.reset();
  trace(node, "elector gone");
}

void ElectionSim::kill_publisher(std::size_t index) {
  Node& node = *nodes_[index];
  if (!node.gate) return;
  node.gate.reset();
  trace(node, "publisher gone");
  if (node.election)
    at(now_ + random_duration(0ms, 1ms), {.what = EventKind::died,
                                          .node = index,
                                          .life = node.life,
                                          .publisher = node.publisher_life});
}

void ElectionSim::pause_elector(std::size_t index, Duration length) {
  Node& node = *nodes_[index];
  if (!node.election || node.paused) return;
  node.paused = true;
  trace(node, "elector pauses for " + format_duration(length));
  at(now_ + length, {.what = EventKind::resume_elector, .node = index});
}

void ElectionSim::pause_publisher(std::size_t index, Duration length) {
  Node& node = *nodes_[index];
  if (!node.gate || node.publisher_paused) return;
  node.publisher_paused = true;
  trace(node, "publisher pauses for " + format_duration(length));
  at(now_ + length, {.what = EventKind::resume_publisher, .node = index});
}

void ElectionSim::cut(std::size_t from, std::size_t to, bool is_cut) {
  cut_until_[from][to] = is_cut ? forever : Duration::zero();
}

void ElectionSim::isolate(std::size_t index, bool is_cut) {
  for (std::size_t other = 0; other < nodes_.size(); ++other) {
    if (other == index) continue;
    cut(index, other, is_cut);
    cut(other, index, is_cut);
  }
}

void ElectionSim::set_tier(std::size_t index, Tier tier) {
  nodes_[index]->tier = tier;
}

void ElectionSim::set_rate(std::size_t index, double rate) {
  Node& node = *nodes_[index];
  node.base = local(node);
  node.since = now_;
  node.rate = rate;
}

void ElectionSim::lose_term(std::size_t index) {
  Node& node = *nodes_[index];
  kill_elector(index);
  node.disk = {.lost = true};
  node.promised = 0;
  trace(node, "term lost");
}

void ElectionSim::stop_elector(std::size_t index) {
  Node& node = *nodes_[index];
  if (!node.election || node.paused || node.storing) return;
  node.stopping = true;
  apply(node, node.election->stop(local(node)));
}

Result<void> ElectionSim::hand_over(std::size_t asked, const std::string& target) {
  Node& node = *nodes_[asked];
  if (!node.election || node.paused || node.storing) return {};
  auto outcome = node.election->hand_over(target, "asked", local(node));
  if (!outcome) return tl::unexpected(outcome.error());
  apply(node, *std::move(outcome));
  return {};
}

void ElectionSim::inject_fault() {
  double sum = 0;
  for (const double weight : plan_.weights) sum += weight;
  if (sum == 0) return;
  double chosen = chance() * sum;
  std::size_t kind = 0;
  while (kind + 1 < plan_.weights.size() && chosen >= plan_.weights[kind])
    chosen -= plan_.weights[kind++];
  const std::size_t index = pick(nodes_.size());
  const std::size_t other = (index + 1 + pick(nodes_.size() - 1)) % nodes_.size();
  Node& node = *nodes_[index];
  const Duration length = random_duration(10ms, chance() < 0.7 ? Duration{1s} : Duration{4s});
  const auto restart = [&](EventKind what) { at(now_ + length, {.what = what, .node = index}); };
  trace(node, "fault " + std::to_string(kind) + " for " + format_duration(length));
  switch (static_cast<Fault>(kind)) {
    case Fault::cut_both:
      if (chance() < 0.5) {
        for (std::size_t i = 0; i < nodes_.size(); ++i)
          cut_until_[index][i] = cut_until_[i][index] = now_ + length;
      } else {
        cut_until_[index][other] = cut_until_[other][index] = now_ + length;
      }
      break;
    case Fault::cut_one_way:
      for (std::size_t i = 0; i < nodes_.size(); ++i)
        if (i == other || chance() < 0.5)
          (chance() < 0.5 ? cut_until_[index][i] : cut_until_[i][index]) = now_ + length;
      break;
    case Fault::flap:
      cut_until_[index][other] = now_ + random_duration(1ms, plan_.policy.lock());
      if (chance() < 0.5) cut_until_[other][index] = cut_until_[index][other];
      break;
    case Fault::kill_elector:
      kill_elector(index);
      restart(EventKind::restart_elector);
      break;
    case Fault::kill_publisher:
      kill_publisher(index);
      if (!node.witness) restart(EventKind::restart_publisher);
      break;
    case Fault::kill_node:
      kill_elector(index);
      kill_publisher(index);
      restart(EventKind::restart_elector);
      if (!node.witness) restart(EventKind::restart_publisher);
      break;
    case Fault::pause_elector:
      pause_elector(index, length);
      break;
    case Fault::pause_publisher:
      pause_publisher(index, length);
      break;
    case Fault::slow_or_full_disk:
      node.store_max = chance() < 0.5 ? Duration{500ms} : plan_.store_max;
      node.disk_full = chance() < 0.3;
      break;
    case Fault::lose_term: {
      const bool one_lost = std::ranges::any_of(nodes_, [](const auto& n) { return n->disk.lost; });
      if (one_lost) break;  // A second one at a time is beyond what is promised.
      lose_term(index);
      restart(EventKind::restart_elector);
      break;
    }
    case Fault::hand_over_or_stop:
      if (chance() < 0.5) {
        static_cast<void>(hand_over(index, chance() < 0.5 ? "" : nodes_[other]->name));
      } else {
        stop_elector(index);
        restart(EventKind::restart_elector);
      }
      break;
    case Fault::health_or_clock:
      if (chance() < 0.5)
        node.tier = static_cast<Tier>(pick(3));
      else
        set_rate(index, 1 + (chance() * 2 - 1) * plan_.rate_error);
      break;
    case Fault::slow_endpoint:
      slow_until_ = now_ + length;
      break;
    case Fault::clone:
      clone();
      break;
  }
}

void ElectionSim::heal() {
  for (auto& row : cut_until_) std::ranges::fill(row, Duration::zero());
  plan_.loss = plan_.duplicate = 0;
  plan_.delay_max = std::min<Duration>(plan_.delay_max, 2ms);
  plan_.store_max = std::min<Duration>(plan_.store_max, 2ms);
  plan_.request_max = std::min<Duration>(plan_.request_max, 20ms);
  slow_until_ = now_;
  for (auto& node : nodes_) {
    node->store_max = plan_.store_max;
    node->disk_full = false;
    node->tier = Tier::fit;
    at(now_, {.what = EventKind::restart_elector, .node = node->index});
    if (!node->witness)
      at(now_ + 10ms, {.what = EventKind::restart_publisher, .node = node->index});
    if (node->paused) at(now_, {.what = EventKind::resume_elector, .node = node->index});
    if (node->publisher_paused)
      at(now_, {.what = EventKind::resume_publisher, .node = node->index});
    node->stopping = false;
  }
}

SimVerdict ElectionSim::run() {
  const Duration calm_from = now_ + plan_.faults_for;
  while (now_ < calm_from && verdict_.broken.empty()) {
    run_for(random_duration(1ms, plan_.between_faults * 2));
    inject_fault();
  }
  heal();
  calm_ = true;
  // Backlogs, quiet times and hold-offs first; then one master, and the same from there on.
  const Duration repaired_within = plan_.policy.lock() * 12 + 4s + plan_.policy.wait_for_all;
  const bool repaired = run_until([&] { return publishing() >= 0; }, repaired_within);
  if (!repaired)
    broken("L1: no master " + format_duration(repaired_within) + " after the last fault");
  run_for(plan_.policy.lock() * 6 + (plan_.policy.preempt ? 4s : 1s));
  const int before = publishing();
  const auto term = term_of(before);
  run_for(plan_.policy.lock() * 6);
  const int after = publishing();
  // A node that was damped asks for mastership once it no longer is: that is what preempt means.
  const bool preempted = plan_.policy.preempt && before >= 0 && after >= 0 &&
                         plan_.policy.voters[static_cast<std::size_t>(after)].priority >
                             plan_.policy.voters[static_cast<std::size_t>(before)].priority;
  if (after < 0 || (term_of(after) != term && !preempted))
    broken("L2: mastership moved although nothing was wrong");
  for (const auto& node : nodes_) {
    if (!node->election) continue;  // Only where a promise was broken before it was repaired.
    const Election& election = *node->election;
    const ElectionMessage says = election.view(local(*node));
    const bool fit = says.priority > 0 && says.tier < static_cast<int>(Tier::no_publisher);
    if (fit && says.role == ElectorRole::observer && election.penalty(local(*node)) < 750)
      broken("L5: " + says.node + " is fit, and yet could not take over");
  }
  return verdict_;
}

std::uint64_t ElectionSim::term_of(int node) const {
  return node >= 0 ? nodes_[static_cast<std::size_t>(node)]->election->term() : 0;
}

int ElectionSim::publishing() const {
  int found = -1;
  for (const auto& node : nodes_) {
    if (!gate_open(node->index)) continue;
    if (found >= 0) return -1;
    found = static_cast<int>(node->index);
  }
  return found;
}

const Election* ElectionSim::election(std::size_t index) const {
  return nodes_[index]->election.get();
}

bool ElectionSim::gate_open(std::size_t index) const {
  const Node& node = *nodes_[index];
  return node.gate && node.gate->may_send(local(node));
}

void ElectionSim::check(Node& node) {
  if (node.election) {
    if (node.election->term() < node.last_term) broken("S1: the term of " + node.name + " fell");
    node.last_term = node.election->term();
  }
  if (!plan_.check_exclusion || !gate_open(node.index)) return;
  for (const auto& other : nodes_)
    if (other->index != node.index && gate_open(other->index))
      broken("S2: " + node.name + " (term " + std::to_string(node.gate->term()) + ") and " +
             other->name + " (term " + std::to_string(other->gate->term()) + ") may both publish");
}

void ElectionSim::broken(const std::string& what) {
  if (!verdict_.broken.empty()) return;
  verdict_.broken =
      what + " [seed " + std::to_string(plan_.seed) + ", at " + format_duration(now_) + "]";
}

void ElectionSim::trace(const Node& node, const std::string& what) const {
  if (!plan_.trace) return;
  std::printf("%12.6f %s %s\n", to_seconds(now_), node.name.c_str(), what.c_str());
}

}  // namespace paceline::test
