#include <fmt/format.h>

#include <algorithm>

#include "common/wire/codec.h"
#include "services/publisher/service.h"

namespace paceline::publisher {
namespace {

constexpr Duration dispute_memory = 10min;  // So long it is told: whether it goes on, nobody knows.

std::string token_text(const PublicationReport& report) {
  if (report.token_usable && report.token_error.empty()) return "usable";
  if (report.token_usable) return "usable, but " + report.token_error;
  return report.token_error.empty() ? "none yet" : "none: " + report.token_error;
}

std::string clock_text(const PublicationReport& report) {
  if (report.clock_skew_error_ms < 0) return "not compared with the endpoint's";
  return fmt::format("{:+.0f} ms against the endpoint's, give or take {:.0f} ms",
                     report.clock_skew_ms, report.clock_skew_error_ms);
}

}  // namespace

Publisher::Pacers Publisher::pacers(Instant now) const {
  std::vector<const StateReader<TargetPace>::Sender*> latest(
      static_cast<std::size_t>(config_.pacers));  // By shard.
  Pacers all;
  for (const auto& [stream, sender] : pace_.senders()) {
    const auto shard = static_cast<std::size_t>(sender.address.index);
    if (shard >= latest.size()) continue;
    if (!latest[shard] || sender.updated > latest[shard]->updated) latest[shard] = &sender;
  }
  for (const auto* sender : latest) {
    if (!sender || sender->updated == Instant{}) return {};
    all.pace_age_s = std::max(all.pace_age_s, to_seconds(now - sender->updated));
  }
  bool all_have_statistics = true;
  for (const auto* sender : latest) {
    const PaceCycle& cycle = sender->head;
    if (pace_.is_current(*sender, now)) all.awaiting += cycle.awaiting;
    all_have_statistics = all_have_statistics && cycle.stat_age_s >= 0;
    all.stat_age_s = std::max(all.stat_age_s, cycle.stat_age_s + to_seconds(now - sender->heard));
  }
  if (!all_have_statistics) all.stat_age_s = -1;
  return all;
}

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
  const Pacers pacers_now = pacers(now);
  report.pace_age_s = pacers_now.pace_age_s;
  report.stat_age_s = std::min(pacers_now.stat_age_s, max_seconds);
  report.awaiting_targets = pacers_now.awaiting;
  report.paced_targets = offers_.size();
  report.targets_version = config_.targets_version;
  report.token_usable = access_.token().usable(now);
  report.token_error = access_.token_error();
  if (disputed_term_ > 0 && now - disputed_at_ <= dispute_memory)
    report.disputed_term = disputed_term_;
  if (const auto skew = skew_.estimate(now)) {
    report.clock_skew_ms = skew->skew_ms;
    report.clock_skew_error_ms = skew->error_ms;
  }
  report.endpoint_reachable = access_.reachable(now);
  report.endpoint_tried = access_.tried();
  // What its last publication met, perhaps long ago, is not why it could not publish now.
  if (!report.open && report.disputed_term == 0 && !report.endpoint_reachable)
    report.detail = access_.probe_error();
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
  metrics_.token_usable.set(now.token_usable ? 1 : 0);
  metrics_.paused.set(now.paused ? 1 : 0);
  metrics_.failed_in_a_row.set(static_cast<double>(now.failed_in_a_row));
  metrics_.clock_skew_s.set(now.clock_skew_ms / 1000);
  metrics_.clock_skew_error_s.set(now.clock_skew_error_ms < 0 ? -1
                                                              : now.clock_skew_error_ms / 1000);
  world_.bus.publish("publication", encode(now));
}

void Publisher::fill_status(StatusReply& reply) const {
  const PublicationReport now = report();
  reply.fields.insert(
      reply.fields.end(),
      {{"gate", now.open ? "open" : "closed: " + gate_.why()},
       {"term", std::to_string(now.term)},
       {"sequence", std::to_string(now.sequence)},
       {"paused", pause_},
       {"outcome", to_string(now.outcome)},
       {"detail", now.detail},
       {"targets", fmt::format("{} of {}", now.targets, offers_.size())},
       {"failed_in_a_row", std::to_string(now.failed_in_a_row)},
       {"disputed_term", now.disputed_term > 0 ? std::to_string(now.disputed_term) : "none"},
       {"targets_version", config_.targets_version},
       {"accepted_version", accepted_version_.empty() ? "none" : accepted_version_},
       {"awaiting_targets", std::to_string(now.awaiting_targets)},
       {"bytes", fmt::format("{} as {}", now.body_bytes, now.sent_bytes)},
       {"encoding", to_string(encodings_.choose())},
       {"part_limit", fmt::format("{} targets", batch_limit_.limit())},
       {"round_trip", fmt::format("{:.1f} ms of {:.0f} ms", now.round_trip_ms, now.period_ms)},
       {"timeout", format_duration(timeout_.value())},
       {"times",
        fmt::format("connect {:.1f} ms, TLS {:.1f} ms, first byte {:.1f} ms, total {:.1f} ms",
                    metrics_.connect_s.value() * 1000, metrics_.tls_s.value() * 1000,
                    metrics_.first_byte_s.value() * 1000, metrics_.total_s.value() * 1000)},
       {"capacity", fmt::format("{:.0f} targets", metrics_.capacity_targets.value())},
       {"cycles", fmt::format("{} sent, {} skipped, {} prompt ones between them", now.cycles,
                              now.skipped_cycles, now.prompts)},
       {"since_accepted", fmt::format("{:.1f} s", now.since_accepted_s)},
       {"pace_age", fmt::format("{:.1f} s", now.pace_age_s)},
       {"stat_age", fmt::format("{:.1f} s", now.stat_age_s)},
       {"token", token_text(now)},
       {"clock", clock_text(now)},
       {"endpoint", now.endpoint_reachable ? "reachable"
                    : now.endpoint_tried   ? "not reachable"
                                           : "not tried"}});
}

}  // namespace paceline::publisher
