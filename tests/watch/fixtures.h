// Messages, targets and topologies for the tests of watch.
#pragma once

#include "services/watch/cluster_view.h"
#include "services/watch/target_table.h"
#include "tests/support/start.h"

namespace paceline::test {
using namespace watch;

inline constexpr WallTime morning{1'790'000'000s};

inline std::vector<TargetName> names(std::initializer_list<const char*> ids) {
  std::vector<TargetName> all;
  for (const char* id : ids)
    all.push_back({.id = id,
                   .media_channel = "chat",
                   .group = std::string{"group-"} + id,
                   .queue = std::string{"queue-"} + id,
                   .options = {}});
  return all;
}

inline ClusterViewOptions two_nodes_and_a_witness() {
  return {.cluster = "demo",
          .self = "a",
          .nodes = {{.name = "a"},
                    {.name = "b", .priority = 90},
                    {.name = "w", .witness = true, .priority = 0}},
          .senders = {{"stat", "a/statfeed/0", "a", 0, 5s}, {"pace", "a/pacer/0", "a", 0, 5s}},
          .heartbeat_stale = 1s,
          .publication_stale = 2s};
}

/// An elector's word. It holds for master whose term it is: 257 and 769 are a's, 514 and 1026 b's.
inline ElectionMessage says(const char* node, ElectorRole role, std::uint64_t term,
                            std::uint64_t sequence = 1) {
  ElectionMessage message;
  message.cluster = "demo";
  message.node = node;
  message.incarnation = 1;
  message.sequence = sequence;
  message.kind =
      role == ElectorRole::master ? ElectionMessageKind::heartbeat : ElectionMessageKind::presence;
  message.term = term;
  message.role = role;
  const auto candidate = term & 0xff;
  if (candidate >= 1 && candidate <= 3)
    message.master = std::string{"abw"}.substr(candidate - 1, 1);
  return message;
}

inline PublicationReport publishes(const char* node, bool open,
                                   PublicationOutcome outcome = PublicationOutcome::accepted) {
  PublicationReport report;
  report.node = node;
  report.incarnation = 1;
  report.open = open;
  report.outcome = outcome;
  report.period_ms = 2000;
  report.since_accepted_s = 0.5;
  report.pace_age_s = 0.3;
  report.stat_age_s = 0.3;
  report.token_usable = true;
  report.endpoint_tried = true;
  report.endpoint_reachable = true;
  return report;
}

/// A cluster in which everything is as it should be, a being master.
inline void hear_a_good_cluster(ClusterView& view, Instant now, std::uint64_t sequence = 1) {
  view.hear(says("a", ElectorRole::master, 257, sequence), now, morning);
  view.hear(says("b", ElectorRole::follower, 257, sequence), now, morning);
  view.hear(says("w", ElectorRole::observer, 257, sequence), now, morning);
  view.hear(publishes("a", true), now);
  view.hear(publishes("b", false), now);
  view.hear(StatSource{.in_use = "primary", .primary_up = true, .backup_up = true});
  view.hear_rows("stat", "a/statfeed/0", 0, now, now);
  view.hear_rows("pace", "a/pacer/0", -1, now, now);
}

inline TargetPace paced(PaceReason reason, std::int32_t proactive = 0) {
  TargetPace pace;
  pace.state = reason == PaceReason::stale_statistics ? PaceState::stale : PaceState::ok;
  pace.reason = reason;
  pace.proactive = proactive;
  return pace;
}

}  // namespace paceline::test
