// What the elector's shell does with what it hears (service.h).
#include <utility>

#include "services/elector/service.h"
#include "services/elector/service_words.h"

namespace paceline::elector {

void Elector::on_message(const std::string& from, Payload bytes) {
  const auto message = decode<ElectionMessage>(bytes);
  if (!message) {
    metrics_.refused("undecodable");
    return undecodable_.bad({{"why", message.error().detail}});
  }
  undecodable_.good();
  const Instant now = world_.clock.now();
  auto outcome = election_.hear(from, *message, now);
  if (outcome.refused == Refusal::none) {
    count_lost(*message);
    hear_pause(*message);  // Before the outcome: a grant of this very message may say it.
    misconfigured_.good();
    odd_peers_.heard(*message);
    if (message->kind == ElectionMessageKind::heartbeat)
      health_.heard_master(message->term, message->tier == static_cast<int>(Tier::fit), now);
  } else {
    refuse(outcome.refused, from, *message);
  }
  apply(std::move(outcome));
}

void Elector::refuse(Refusal refusal, const std::string& from, const ElectionMessage& message) {
  if (refusal == Refusal::own_echo || refusal == Refusal::for_another) return;
  metrics_.refused(to_string(refusal));
  if (refusal == Refusal::forged_sender || refusal == Refusal::impossible_term ||
      refusal == Refusal::witness_leads)
    odd_peers_.refused(to_string(refusal), from, message.node, message.term);
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

void Elector::on_publication(const std::string& from, Payload bytes) {
  const auto report = decode<PublicationReport>(bytes);
  if (!report) {
    metrics_.refused("undecodable");
    return undecodable_.bad({{"why", report.error().detail}});
  }
  const std::string& self = world_.self.node;
  if (from != report->node) {
    metrics_.refused(to_string(Refusal::forged_sender));
    odd_peers_.refused(to_string(Refusal::forged_sender), from, report->node, report->term);
  }
  if (from != self || report->node != self) return;
  const Instant now = world_.clock.now();
  // An incarnation falls only if the wall clock was set back: then it is heard after some silence.
  const bool silent = now - publisher_spoke_ >= config_.publisher_stale * 2;
  if (report->incarnation < publisher_incarnation_ && !silent) return;
  watch_publisher(*report);
  publisher_heard_ = publisher_spoke_ = now;
  publisher_silent_.good();
  targets_version_ = report->targets_version;
  health_.report(*report);
  tell_dispute(*report);
  apply(election_.publisher_said({.tier = health_.tier(),
                                  .stopped_term = report->stopped_term,
                                  .fenced_by = report->fenced_by,
                                  .disputed_term = report->disputed_term,
                                  .why_unfit = health_.why()},
                                 now));
}

void Elector::tell_dispute(const PublicationReport& report) {
  if (report.disputed_term == disputed_term_) return;
  disputed_term_ = report.disputed_term;
  if (disputed_term_ == 0) return;
  metrics_.disputes.add();
  world_.log.error("cluster_disputed",
                   {{"term", disputed_term_},
                    {"why", "another cluster publishes under this name: " + config_.policy.cluster},
                    {"then",
                     "stop the copy, or give one of the two another name: "
                     "pacelinectl topology rename NEW-NAME"}});
}

// A new publisher proves that the old one is gone, but may hold our last grant itself.
void Elector::watch_publisher(const PublicationReport& report) {
  if (report.incarnation == publisher_incarnation_) return;
  if (publisher_incarnation_ != 0)
    apply(election_.publisher_said({.why_unfit = "its publisher was started anew"},
                                   world_.clock.now()));
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

}  // namespace paceline::elector
