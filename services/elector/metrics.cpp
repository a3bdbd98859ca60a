#include "services/elector/metrics.h"

#include <array>

namespace paceline::elector {
namespace {
constexpr std::array<double, 8> store_bounds = {0.0005, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1};
constexpr std::array<double, 10> failover_bounds = {0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300};
}  // namespace

ElectorMetrics::ElectorMetrics(Metrics& metrics)
    : term{metrics.gauge("paceline_elector_term", "The term this elector is in.")},
      role{metrics.gauge("paceline_elector_role",
                         "0 starting, 1 observer, 2 follower, 3 candidate, 4 leader, 5 master, "
                         "6 grace, 7 draining.")},
      is_master{metrics.gauge("paceline_elector_is_master", "1 while this node holds the lease.")},
      lease_left{metrics.gauge("paceline_elector_lease_left_seconds",
                               "Until the lease is over, when last looked; 0 = none.")},
      penalty{
          metrics.gauge("paceline_elector_penalty",
                        "Damping: 1000 for each unplanned loss of mastership, halving in 60 s.")},
      tier{metrics.gauge("paceline_elector_tier",
                         "0 fit, 1 stale or nothing learned, 2 cannot publish, 3 no publisher.")},
      targets_differ{metrics.gauge(
          "paceline_elector_targets_differ",
          "Nodes whose publisher paces by another targets file, for more than 10 s.")},
      paused{metrics.gauge("paceline_elector_paused",
                           "1 while an operator has all invitations stopped, as far as this node "
                           "heard.")},
      maintenance{metrics.gauge("paceline_elector_maintenance",
                                "1 while an operator has this node out of service.")},
      grants{metrics.counter("paceline_elector_grants_total", "Grants renewed to the publisher.")},
      revocations{metrics.counter("paceline_elector_revocations_total", "Grants taken back.")},
      late{metrics.counter("paceline_elector_late_wakeups_total",
                           "Times that this process ran over half a heartbeat late.")},
      store_failures{metrics.counter("paceline_elector_store_failures_total",
                                     "Terms that could not be stored; nothing was sent then.")},
      disputes{metrics.counter("paceline_elector_disputes_total",
                               "Terms of ours under which another cluster published too.")},
      store_seconds{metrics.histogram("paceline_elector_store_seconds",
                                      "Time to store a term safely.", store_bounds)},
      failover_seconds{metrics.histogram(
          "paceline_elector_failover_seconds",
          "From a master's loss until this node knows another, or the same again.",
          failover_bounds)},
      registry_{metrics} {
}

void ElectorMetrics::became(ElectorRole next) {
  registry_
      .counter("paceline_elector_transitions_total", "Changes of role, by the new one.",
               {{"role", to_string(next)}})
      .add();
}

void ElectorMetrics::refused(const std::string& why) {
  registry_
      .counter("paceline_elector_messages_refused_total", "Messages of no account, by reason.",
               {{"why", why}})
      .add();
}

void ElectorMetrics::heartbeats_lost(const std::string& node, std::uint64_t count) {
  registry_
      .counter("paceline_elector_heartbeats_lost_total",
               "Messages of channel heartbeat that never came, by sender.", {{"of", node}})
      .add(static_cast<double>(count));
}

void ElectorMetrics::master_is(const std::string& master, Instant now) {
  if (master.empty()) {
    masterless_ = now;
  } else if (masterless_) {
    failover_seconds.observe(to_seconds(now - *masterless_));
    masterless_.reset();
  }
}

Gauge& ElectorMetrics::clock_skew(const std::string& node) {
  return registry_.gauge("paceline_elector_clock_skew_seconds",
                         "Our wall clock minus that of another node; 0 also while it is silent.",
                         {{"of", node}});
}

void ElectorMetrics::sent(ElectionMessageKind kind) {
  registry_
      .counter("paceline_elector_messages_sent_total", "Messages sent, by kind.",
               {{"kind", to_string(kind)}})
      .add();
}

}  // namespace paceline::elector
