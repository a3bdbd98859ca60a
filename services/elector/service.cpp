#include "services/elector/service.h"

#include <algorithm>

#include "common/ports/steady.h"
#include "services/elector/service_words.h"

namespace paceline::elector {
namespace {

constexpr std::size_t most_transitions = 20;

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
      health_{{.pace_stale = config.pace_stale, .max_clock_skew = config.max_clock_skew}},
      odd_peers_{world, metrics_},
      undecodable_{world.log, "message_undecodable", steady_messages},
      misconfigured_{world.log, "configuration_differs", steady_messages},
      storing_{world.log, "term_not_stored"},
      publisher_silent_{world.log, "publisher_silent"},
      terms_{world.log, "terms_running_out"},
      keeping_orders_{world.log, "orders_not_stored"},
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
  for (const auto* channel : {"heartbeat", "vote"})
    world_.bus.subscribe(
        channel, [this](const Address& from, Payload bytes) { on_message(from.node, bytes); });
  world_.bus.subscribe_own("publication", [this](const Address& from, Payload bytes) {
    on_publication(from.node, bytes);
  });
  control_.status([this](StatusReply& reply) { fill_status(reply); });
  control_.question(Question::election, [this](const ControlServer::Arguments&) -> Result<Bytes> {
    return encode(view());
  });
  control_.question(Question::handover,
                    [this](const auto& arguments) { return answer_handover(arguments); });
  begin_orders();
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
  apply(election_.publisher_said({.why_unfit = "its publisher is silent"}, now));
}

void Elector::apply(Election::Outcome outcome) {
  const bool stored = !outcome.store || store_term(*outcome.store);
  if (outcome.grant && (stored || outcome.grant->term == 0)) publish_grant(*outcome.grant);
  if (stored)
    for (auto& message : outcome.messages) send(message);
  tell(outcome);

  const Instant now = world_.clock.now();
  if (now - looked_at_ >= 1s) look(now);
  if (outcome.wake != wake_at_) {
    wake_at_ = outcome.wake;
    world_.timers.cancel(timer_);
    timer_ = world_.timers.after(std::max(wake_at_ - now, Duration::zero()), [this] { wake(); });
  }

  if (!stopped_ || holds_a_term(election_.role()) || stop_told_) return;
  stop_told_ = true;  // Time for the release to leave the sockets.
  world_.timers.after(std::min<Duration>(config_.policy.heartbeat / 4, 50ms), stopped_);
}

// What lasts, and need not be told within a heartbeat.
void Elector::look(Instant now) {
  looked_at_ = now;
  odd_peers_.look(election_, targets_version_);
  if (keeping_orders_.is_bad()) keep_orders();
  if (!runs_out(election_.term())) return terms_.good();
  terms_.bad({{"term", election_.term()},
              {"largest", largest_term},
              {"then", "give the cluster another name: pacelinectl topology rename NEW-NAME"}});
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
  grant.pause = orders_.pause.why;
  encode(grant, bytes_);
  world_.bus.publish("grant", bytes_);
  (order.term == 0 ? metrics_.revocations : metrics_.grants).add();
}

void Elector::send(ElectionMessage& message) {
  publish(message, goes_over_heartbeat(message.kind) ? "heartbeat" : "vote");
}

void Elector::publish(ElectionMessage& message, std::string_view channel) {
  message.master_since_ms = master_since_ms_;
  message.wall_ms = wall_ms(world_.clock.wall());
  message.targets = targets_version_;
  say_orders(message);
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
  if (const auto& publisher = election_.publisher(); publisher.tier != tier_) {
    tier_ = publisher.tier;
    world_.log.info("fitness_changed", {{"tier", to_string(tier_)}, {"why", publisher.why_unfit}});
  }
  const bool late = election_.late();
  if (late && !was_late_) metrics_.late.add();
  was_late_ = late;
  const Instant now = world_.clock.now();
  const bool is_master = election_.role() == ElectorRole::master;
  metrics_.term.set(static_cast<double>(election_.term()));
  metrics_.role.set(static_cast<double>(election_.role()));
  metrics_.tier.set(static_cast<double>(election_.publisher().tier));
  metrics_.is_master.set(is_master ? 1 : 0);
  metrics_.lease_left.set(is_master ? std::max(0.0, to_seconds(election_.lease_until() - now))
                                    : 0.0);
  metrics_.penalty.set(election_.penalty(now));
  metrics_.paused.set(orders_.pause.why.empty() ? 0 : 1);
  metrics_.maintenance.set(orders_.maintenance.empty() ? 0 : 1);
}

}  // namespace paceline::elector
