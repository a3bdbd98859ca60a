#include <fmt/format.h>

#include "common/wire/codec.h"
#include "services/publisher/service.h"

namespace paceline::publisher {

PublicationReport Publisher::report() const {
  const Instant now = world_.clock.now();
  PublicationReport report = last_;
  report.node = config_.node;
  report.incarnation = world_.incarnation;
  report.report = reports_;
  report.pid = config_.pid;
  report.open = gate_.may_send(now);
  report.term = gate_.term();
  report.stopped_term = gate_.stopped_term();
  report.fenced_by = gate_.fenced_by();
  report.period_ms = to_seconds(config_.refresh_period) * 1000;
  report.cycles = cycle_.cycles();
  report.skipped_cycles = cycle_.skipped();
  report.prompts = cycle_.prompts();
  report.since_accepted_s = accepted_at_ ? to_seconds(now - *accepted_at_) : -1;
  report.pace_age_s = pace_age_s(now);
  report.endpoint_reachable = access_.reachable(now);
  report.endpoint_tried = access_.tried();
  report.capacity_targets = metrics_.capacity_targets.value();
  return report;
}

void Publisher::send_report() {
  ++reports_;
  const PublicationReport now = report();
  metrics_.gate_open.set(now.open ? 1 : 0);
  metrics_.term.set(static_cast<double>(now.term));
  metrics_.sequence.set(static_cast<double>(now.sequence));
  metrics_.pace_age_s.set(now.pace_age_s);
  metrics_.since_accepted_s.set(now.since_accepted_s);
  metrics_.endpoint_reachable.set(now.endpoint_reachable ? 1 : 0);
  world_.bus.publish("publication", encode(now));
}

void Publisher::fill_status(StatusReply& reply) const {
  const PublicationReport now = report();
  reply.fields.insert(
      reply.fields.end(),
      {{"gate", now.open ? "open" : "closed: " + gate_.why()},
       {"term", std::to_string(now.term)},
       {"sequence", std::to_string(now.sequence)},
       {"outcome", to_string(now.outcome)},
       {"detail", now.detail},
       {"targets", fmt::format("{} of {}", now.targets, offers_.size())},
       {"targets_version", config_.targets_version},
       {"bytes", fmt::format("{} as {}", now.body_bytes, now.sent_bytes)},
       {"encoding", to_string(encodings_.choose())},
       {"part_limit", fmt::format("{} targets", batch_limit_.limit())},
       {"round_trip", fmt::format("{:.1f} ms of {:.0f} ms", now.round_trip_ms, now.period_ms)},
       {"times",
        fmt::format("connect {:.1f} ms, TLS {:.1f} ms, first byte {:.1f} ms, total {:.1f} ms",
                    metrics_.connect_s.value() * 1000, metrics_.tls_s.value() * 1000,
                    metrics_.first_byte_s.value() * 1000, metrics_.total_s.value() * 1000)},
       {"capacity", fmt::format("{:.0f} targets", metrics_.capacity_targets.value())},
       {"cycles", fmt::format("{} sent, {} skipped, {} prompt ones between them", now.cycles,
                              now.skipped_cycles, now.prompts)},
       {"since_accepted", fmt::format("{:.1f} s", now.since_accepted_s)},
       {"pace_age", fmt::format("{:.1f} s", now.pace_age_s)},
       {"endpoint", now.endpoint_reachable ? "reachable"
                    : now.endpoint_tried   ? "not reachable"
                                           : "not tried"}});
}

}  // namespace paceline::publisher
