#include "services/elector/service.h"

#include <algorithm>
#include <utility>

namespace paceline::elector {
namespace {

constexpr std::size_t most_transitions = 20;

std::uint64_t wall_ms(WallTime wall) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(wall.time_since_epoch()).count());
}

// The rest goes over channel vote. An answer to a heartbeat goes where the presence goes that
// follows it: one packet, one awakening.
bool goes_over_heartbeat(ElectionMessageKind kind) {
  return is_ordered(kind) || kind == ElectionMessageKind::acknowledge;
}

bool holds_a_term(ElectorRole role) {
  return role == ElectorRole::leader || role == ElectorRole::master || role == ElectorRole::grace ||
         role == ElectorRole::draining;
}

// This start's incarnation is above all former ones, also if the wall clock was set back.
DurableState started(DurableState state, const World& world) {
  state.incarnation = std::max(state.incarnation + 1, world.incarnation);
  return state;
}

}  // namespace

Elector::Elector(const ElectorConfig& config, World& world, TermStore& store,
                 ProcessWatch& processes)
    : config_{config},
      world_{world},
      store_{store},
      processes_{processes},
      metrics_{world.metrics},
      durable_{started(store.load(), world)},
      election_{world.self.node, config.policy, durable_, world.random.bits(), world.clock.now()},
      undecodable_{world.log, "message_undecodable"},
      misconfigured_{world.log, "configuration_differs"},
      storing_{world.log, "term_not_stored"},
      publisher_silent_{world.log, "publisher_silent"},
      control_{world} {
  if (durable_.lost) {
    // Stays lost on disk until it is learned: a restart must not take it for a first start.
    world_.log.error("term_lost", {{"then", "learns it from a quorum of the other voters"}});
  } else {
    store_term(durable_.term);
  }
  world_.log.info(
      "elector_started",
      {{"term", durable_.term},
       {"voters", config_.policy.voters.size()},
       {"quorum", config_.policy.quorum()},
       {"pair", config_.policy.pair},
       {"lock", config_.policy.lock()},
       {"lease", std::chrono::floor<std::chrono::milliseconds>(config_.policy.lease())}});
  world_.bus.subscribe("heartbeat", [this](const Address&, Payload bytes) { on_message(bytes); });
  world_.bus.subscribe("vote", [this](const Address&, Payload bytes) { on_message(bytes); });
  world_.bus.subscribe_own("publication",
                           [this](const Address&, Payload bytes) { on_publication(bytes); });
  control_.status([this](StatusReply& reply) { fill_status(reply); });
  control_.question(Question::election, [this](const ControlServer::Arguments&) -> Result<Bytes> {
    return encode(view());
  });
  control_.question(Question::handover,
                    [this](const auto& arguments) { return answer_handover(arguments); });
  wake();
}

Elector::~Elector() {
  world_.timers.cancel(timer_);
}

void Elector::stop(std::function<void()> done) {
  if (stopped_) return;
  stopped_ = std::move(done);
  world_.log.info("stop_asked", {{"role", to_string(election_.role())}});
  apply(election_.stop(world_.clock.now()));
}

void Elector::wake() {
  const Instant now = world_.clock.now();
  wake_at_ = {};
  apply(election_.tick(now));
  if (!publisher_heard_ || election_.late()) return;
  if (now - *publisher_heard_ <= config_.publisher_stale) return;
  publisher_heard_.reset();
  publisher_silent_.bad({{"pid", publisher_pid_}});
  apply(election_.publisher_said({}, now));
}

void Elector::on_message(Payload bytes) {
  const auto message = decode<ElectionMessage>(bytes);
  if (!message) {
    metrics_.refused("undecodable");
    return undecodable_.bad({{"why", message.error().detail}});
  }
  undecodable_.good();
  auto outcome = election_.hear(*message, world_.clock.now());
  if (outcome.refused == Refusal::none) {
    count_lost(*message);
    misconfigured_.good();
  } else {
    refuse(outcome.refused, *message);
  }
  apply(std::move(outcome));
}

void Elector::refuse(Refusal refusal, const ElectionMessage& message) {
  if (refusal == Refusal::own_echo || refusal == Refusal::for_another) return;
  metrics_.refused(to_string(refusal));
  if (refusal == Refusal::other_configuration)
    misconfigured_.bad({{"node", message.node}, {"then", "neither vote counts for the other"}});
}

// Only where they come in order: a vote may overtake the heartbeat before it.
void Elector::count_lost(const ElectionMessage& message) {
  if (!goes_over_heartbeat(message.kind)) return;
  auto& last = heard_[message.node];
  const bool restarted = last.incarnation != message.incarnation;
  if (!restarted && message.sequence > last.sequence + 1)
    metrics_.heartbeats_lost(message.node, message.sequence - last.sequence - 1);
  if (restarted || message.sequence > last.sequence)
    last = {.incarnation = message.incarnation, .sequence = message.sequence};
}

void Elector::on_publication(Payload bytes) {
  const auto report = decode<PublicationReport>(bytes);
  if (!report) {
    metrics_.refused("undecodable");
    return undecodable_.bad({{"why", report.error().detail}});
  }
  if (report->node != world_.self.node || report->incarnation < publisher_incarnation_) return;
  watch_publisher(*report);
  publisher_heard_ = world_.clock.now();
  publisher_silent_.good();
  apply(election_.publisher_said({.tier = tier_of(*report, config_.pace_stale),
                                  .stopped_term = report->stopped_term,
                                  .fenced_by = report->fenced_by},
                                 *publisher_heard_));
}

// A new publisher proves that the old one is gone, but may hold our last grant itself.
void Elector::watch_publisher(const PublicationReport& report) {
  if (report.incarnation == publisher_incarnation_) return;
  if (publisher_incarnation_ != 0) apply(election_.publisher_said({}, world_.clock.now()));
  publisher_incarnation_ = report.incarnation;
  publisher_pid_ = report.pid;
  const auto watched = processes_.watch(report.pid, [this] {
    world_.log.warn("publisher_died", {{"pid", publisher_pid_}});
    publisher_heard_.reset();
    apply(election_.publisher_died(world_.clock.now()));
  });
  if (!watched)
    world_.log.warn("publisher_not_watched",
                    {{"why", watched.error().detail}, {"then", "its silence will tell"}});
}

void Elector::apply(Election::Outcome outcome) {
  const bool stored = !outcome.store || store_term(*outcome.store);
  if (outcome.grant && (stored || outcome.grant->term == 0)) publish_grant(*outcome.grant);
  if (stored)
    for (auto& message : outcome.messages) send(message);
  tell(outcome);

  const Instant now = world_.clock.now();
  if (outcome.wake != wake_at_) {
    wake_at_ = outcome.wake;
    world_.timers.cancel(timer_);
    timer_ = world_.timers.after(std::max(wake_at_ - now, Duration::zero()), [this] { wake(); });
  }

  if (!stopped_ || holds_a_term(election_.role()) || stop_told_) return;
  stop_told_ = true;  // Time for the release to leave the sockets.
  world_.timers.after(std::min<Duration>(config_.policy.heartbeat / 4, 50ms), stopped_);
}

bool Elector::store_term(std::uint64_t term) {
  const Instant before = world_.clock.now();
  const auto saved = store_.save({.term = term, .incarnation = durable_.incarnation});
  const Instant now = world_.clock.now();
  metrics_.store_seconds.observe(to_seconds(now - before));
  if (!saved) {
    metrics_.store_failures.add();
    storing_.bad({{"why", saved.error().detail}, {"then", "no part in elections"}});
    return false;
  }
  storing_.good();
  durable_.term = term;
  election_.stored(term, now);
  return true;
}

void Elector::publish_grant(const Election::GrantOrder& order) {
  Grant grant;
  grant.node = world_.self.node;
  grant.incarnation = durable_.incarnation;
  grant.sequence = ++grants_;
  grant.term = order.term;
  grant.expires_ns = order.expires.time_since_epoch().count();
  grant.boot = config_.boot;
  grant.why = order.why;
  grant.publisher = publisher_incarnation_;
  encode(grant, bytes_);
  world_.bus.publish("grant", bytes_);
  (order.term == 0 ? metrics_.revocations : metrics_.grants).add();
}

void Elector::send(ElectionMessage& message) {
  publish(message, goes_over_heartbeat(message.kind) ? "heartbeat" : "vote");
}

void Elector::publish(ElectionMessage& message, std::string_view channel) {
  message.master_since_ms = master_since_ms_;
  metrics_.sent(message.kind);
  encode(message, bytes_);
  world_.bus.publish(channel, bytes_);
}

void Elector::tell(const Election::Outcome& outcome) {
  for (const auto& became : outcome.became) {
    world_.log.info("role_changed",
                    {{"role", to_string(became.role)}, {"term", became.term}, {"why", became.why}});
    metrics_.became(became.role);
    transitions_.push_back({static_cast<std::int64_t>(wall_ms(world_.clock.wall())), became.role,
                            became.term, became.why});
    if (transitions_.size() > most_transitions) transitions_.pop_front();
  }
  if (election_.master() != master_) {
    master_ = election_.master();
    metrics_.master_is(master_, world_.clock.now());
    master_since_ms_ = wall_ms(world_.clock.wall());
    world_.log.info("master_changed",
                    {{"master", master_.empty() ? "nobody" : master_}, {"term", election_.term()}});
  }
  const bool late = election_.late();
  if (late && !was_late_) metrics_.late.add();
  was_late_ = late;
  const Instant now = world_.clock.now();
  const bool is_master = election_.role() == ElectorRole::master;
  metrics_.term.set(static_cast<double>(election_.term()));
  metrics_.role.set(static_cast<double>(election_.role()));
  metrics_.is_master.set(is_master ? 1 : 0);
  metrics_.lease_left.set(is_master ? std::max(0.0, to_seconds(election_.lease_until() - now))
                                    : 0.0);
  metrics_.penalty.set(election_.penalty(now));
}

Result<Bytes> Elector::answer_handover(const ControlServer::Arguments& arguments) {
  if (arguments.size() > 1) return fail("handover wants at most one argument: NODE");
  const std::string target = arguments.empty() ? "" : arguments[0];
  auto outcome = TRY(election_.hand_over(target, "an operator asked", world_.clock.now()));
  world_.log.info("handover_asked", {{"target", target.empty() ? "the fittest" : target}});
  apply(std::move(outcome));
  return encode(StatusReply{{{"asked", master_.empty() ? world_.self.node : master_},
                             {"target", target.empty() ? "the fittest" : target}}});
}

ElectionView Elector::view() const {
  const Instant now = world_.clock.now();
  ElectionView view;
  view.self = election_.view(now);
  view.self.why = transitions_.empty() ? "started" : transitions_.back().why;
  view.self.master_since_ms = master_since_ms_;
  for (const auto& peer : election_.peers().all()) {
    if (!peer.known) continue;
    view.peers.push_back(peer.said);
    view.peer_age_s.push_back(to_seconds(now - peer.heard));
  }
  if (election_.role() == ElectorRole::master)
    view.lease_left_s = std::max(0.0, to_seconds(election_.lease_until() - now));
  view.transitions.assign(transitions_.begin(), transitions_.end());
  return view;
}

void Elector::fill_status(StatusReply& reply) const {
  const ElectionView seen = view();
  reply.fields.push_back({"role", to_string(seen.self.role)});
  reply.fields.push_back({"term", std::to_string(seen.self.term)});
  reply.fields.push_back({"master", seen.self.master});
  reply.fields.push_back({"why", seen.self.why});
  reply.fields.push_back({"lease_left_s", std::to_string(seen.lease_left_s)});
  reply.fields.push_back({"tier", to_string(static_cast<Tier>(seen.self.tier))});
  reply.fields.push_back({"peers_heard", std::to_string(seen.peers.size())});
}

}  // namespace paceline::elector
