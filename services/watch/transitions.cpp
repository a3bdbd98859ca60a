// What changed between two looks at the cluster, in sentences for people.
#include <fmt/format.h>

#include <algorithm>

#include "services/watch/cause_rules.h"

namespace paceline::watch {
namespace {

class EventWriter {
 public:
  explicit EventWriter(std::int64_t wall_ms) : wall_ms_{wall_ms} {}

  void tell(const char* kind, const char* severity, std::string subject, std::string detail) {
    events.push_back({.number = 0,
                      .wall_ms = wall_ms_,
                      .kind = kind,
                      .severity = severity,
                      .subject = std::move(subject),
                      .detail = std::move(detail)});
  }

  std::vector<Event> events;

 private:
  std::int64_t wall_ms_;
};

std::string or_nobody(const std::string& name) {
  return name.empty() ? "nobody" : name;
}

void tell_master(EventWriter& out, const StatusAnswer& before, const StatusAnswer& now) {
  if (before.master != now.master || before.term != now.term) {
    if (now.master.empty() && !before.master.empty())
      out.tell("master_lost", "bad", before.master,
               fmt::format("nobody is master any more; it was {} in term {}", before.master,
                           before.term));
    else if (!now.master.empty())
      out.tell("master_changed", "notice", now.master,
               fmt::format("{} is master in term {}, after {} in term {}{}{}", now.master, now.term,
                           or_nobody(before.master), before.term,
                           now.master_why.empty() ? "" : ": ", now.master_why));
  }
  if (before.claims <= 1 && now.claims > 1)
    out.tell("two_claims", "bad", "", fmt::format("{} nodes say they are master", now.claims));
  if (before.claims > 1 && now.claims <= 1)
    out.tell("two_claims_over", "good", "", "at most one node says it is master again");
}

bool any_is_heard(const StatusAnswer& status) {
  return std::ranges::any_of(status.nodes,
                             [](const NodeAnswer& node) { return node.role != NodeRole::down; });
}

// A word that was said before anybody was heard is no news, and silence is no word.
void tell_pause(EventWriter& out, const StatusAnswer& before, const StatusAnswer& now) {
  if (!now.paused_since || now.paused_since == before.paused_since || !any_is_heard(before)) return;
  if (!now.paused.empty())
    out.tell("paused", "notice", "",
             fmt::format("an operator stopped all invitations: {}", now.paused));
  else if (!before.paused.empty())
    out.tell("resumed", "good", "",
             fmt::format("an operator lets invitations go out again, after: {}", before.paused));
}

void tell_maintenance(EventWriter& out, const NodeAnswer& before, const NodeAnswer& now) {
  if (before.heard_s < 0 || now.heard_s < 0 || before.maintenance == now.maintenance) return;
  if (!now.maintenance.empty())
    out.tell("drained", "notice", now.name,
             fmt::format("an operator took {} out of service: {}", now.name, now.maintenance));
  else
    out.tell("undrained", "good", now.name,
             fmt::format("an operator took {} back into service, after: {}", now.name,
                         before.maintenance));
}

void tell_publication(EventWriter& out, const NodeAnswer& before, const NodeAnswer& now) {
  if (!before.publication || !now.publication) return;
  const auto& then = before.publication->report;
  const auto& said = now.publication->report;
  if (then.outcome != said.outcome) {
    const bool fine = said.outcome == PublicationOutcome::accepted;
    if (fine && then.outcome != PublicationOutcome::none)
      out.tell("publication_accepted", "good", now.name,
               fmt::format("the endpoint accepts again, after {}", to_string(then.outcome)));
    else if (!fine && said.outcome != PublicationOutcome::none)
      out.tell("publication_refused", "bad", now.name,
               fmt::format(
                   "{}: {}", to_string(said.outcome),
                   said.detail.empty() ? fmt::format("HTTP status {}", said.status) : said.detail));
  }
  // While the endpoint refuses, backing off skips cycles too, and that was told already.
  const bool accepts =
      then.outcome == PublicationOutcome::accepted && said.outcome == PublicationOutcome::accepted;
  if (accepts && then.incarnation == said.incarnation && said.skipped_cycles > then.skipped_cycles)
    out.tell(
        "cycles_skipped", "notice", now.name,
        fmt::format("{} cycles skipped: a request was still in flight; the last took {:.0f} of "
                    "{:.0f} ms",
                    said.skipped_cycles - then.skipped_cycles, said.round_trip_ms, said.period_ms));
  if (then.rejected_targets == 0 && said.rejected_targets > 0)
    out.tell("targets_rejected", "bad", now.name,
             fmt::format("the endpoint rejects {} of {} targets", said.rejected_targets,
                         said.paced_targets));
  if (then.rejected_targets > 0 && said.rejected_targets == 0)
    out.tell("targets_accepted", "good", now.name, "the endpoint accepts every target again");
}

// "fit to be master"; "not fit to be master: it has no usable token"
std::string fitness_words(const NodeAnswer& node) {
  if (node.tier == 0) return "fit to be master";
  const auto reason = unfit_reason(node);
  return "not fit to be master" + (reason.empty() ? "" : ": " + reason);
}

void tell_node(EventWriter& out, const NodeAnswer& before, const NodeAnswer& now) {
  tell_maintenance(out, before, now);
  if (before.role != now.role) {
    // What a node said last is no reason for its silence.
    const std::string why =
        now.role == NodeRole::down ? "nothing is heard of its elector" : now.why;
    const char* severity = now.role == NodeRole::down      ? "bad"
                           : before.role == NodeRole::down ? "good"
                                                           : "notice";
    out.tell("role_changed", severity, now.name,
             fmt::format("{} is {}, it was {}{}{}", now.name, to_string(now.role),
                         to_string(before.role), why.empty() ? "" : ": ", why));
  }
  if (before.publisher != now.publisher)
    out.tell("publisher_changed", now.publisher == "down" ? "bad" : "notice", now.name,
             fmt::format("the publisher of {} is {}, it was {}", now.name, now.publisher,
                         before.publisher));
  if (before.tier != now.tier)
    out.tell("health_changed", now.tier > before.tier ? "bad" : "good", now.name,
             fmt::format("{} is {}", now.name, fitness_words(now)));
  tell_publication(out, before, now);
}

void tell_statistics(EventWriter& out, const StatusAnswer& before, const StatusAnswer& now) {
  const auto& then = before.statistics.source;
  const auto& said = now.statistics.source;
  if (before.statistics.heard_s < 0 || now.statistics.heard_s < 0) return;
  if (then.in_use != said.in_use)
    out.tell("source_switched", said.in_use.empty() ? "bad" : "notice", now.node,
             fmt::format("statistics come from {}, they came from {}", or_nobody(said.in_use),
                         or_nobody(then.in_use)));
  const auto tell_server = [&](const char* name, bool was_up, bool is_up,
                               const std::string& trouble) {
    if (was_up != is_up)
      out.tell(is_up ? "stat_server_up" : "stat_server_down", is_up ? "good" : "bad", name,
               fmt::format("the {} source of statistics is {}{}{}", name,
                           is_up ? "heard" : "not heard", trouble.empty() ? "" : ": ", trouble));
  };
  tell_server("primary", then.primary_up, said.primary_up, said.primary_trouble);
  tell_server("backup", then.backup_up, said.backup_up, said.backup_trouble);
}

void tell_channels(EventWriter& out, const StatusAnswer& before, const StatusAnswer& now) {
  for (const auto& channel : now.channels) {
    if (channel.channel == "heartbeat" || channel.channel == "publication") continue;
    for (const auto& then : before.channels) {
      if (then.channel != channel.channel || then.sender != channel.sender ||
          then.shard != channel.shard || then.fresh == channel.fresh)
        continue;
      // Only the master's publisher sends feedback: its silence elsewhere is no fault.
      if (channel.channel == "feedback") continue;
      out.tell(
          channel.fresh ? "channel_heard" : "channel_silent", channel.fresh ? "good" : "bad",
          channel.sender,
          fmt::format("{} of {}{} {}", channel.channel, channel.sender,
                      channel.shard >= 0 ? fmt::format(" shard {}", channel.shard) : "",
                      channel.fresh ? "is heard"
                                    : fmt::format("was silent for over {} s", channel.stale_s)));
    }
  }
}

}  // namespace

std::vector<Event> transitions(const StatusAnswer& before, const StatusAnswer& now,
                               std::int64_t wall_ms) {
  EventWriter out{wall_ms};
  tell_master(out, before, now);
  tell_pause(out, before, now);
  for (const auto& node : now.nodes)
    if (const auto* then = find_node(before, node.name)) tell_node(out, *then, node);
  tell_statistics(out, before, now);
  tell_channels(out, before, now);
  return std::move(out.events);
}

std::vector<Event> target_transitions(const TargetTable& targets, std::int64_t wall_ms) {
  EventWriter out{wall_ms};
  const auto name = [&](std::uint32_t index) { return targets.row(index).name->id; };
  const auto& qualities = targets.quality_changes();
  for (std::size_t i = 0; i < qualities.size(); ++i) {
    const auto& transition = qualities[i];
    if (transition.count == 0) continue;
    const auto quality = static_cast<StatQuality>(i);
    out.tell(
        "quality_changed", quality == StatQuality::good ? "good" : "bad", name(transition.first),
        fmt::format("statistics of {} target{} came to be {} (first: {})", transition.count,
                    transition.count == 1 ? "" : "s", to_string(quality), name(transition.first)));
  }
  const auto& cuts = targets.reason_changes()[static_cast<std::size_t>(PaceReason::fast_cut)];
  if (cuts.count > 0)
    out.tell("fast_cut", "bad", name(cuts.first),
             fmt::format("a burst of abandonment halved {} target{} (first: {})", cuts.count,
                         cuts.count == 1 ? "" : "s", name(cuts.first)));
  const auto& contradicted =
      targets.reason_changes()[static_cast<std::size_t>(PaceReason::statistics_contradicted)];
  if (contradicted.count > 0)
    out.tell("statistics_contradicted", "bad", name(contradicted.first),
             fmt::format("the endpoint contradicts the statistics of {} target{} (first: {})",
                         contradicted.count, contradicted.count == 1 ? "" : "s",
                         name(contradicted.first)));
  const auto& absent =
      targets.reason_changes()[static_cast<std::size_t>(PaceReason::idle_not_answering)];
  if (absent.count > 0)
    out.tell("idle_not_answering", "bad", name(absent.first),
             fmt::format("agents of {} target{} count as ready and take nothing (first: {})",
                         absent.count, absent.count == 1 ? "" : "s", name(absent.first)));
  return std::move(out.events);
}

}  // namespace paceline::watch
