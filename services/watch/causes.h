// What is wrong and what to do about it, worst first: one set of rules for /api/v1/status, the page, `pacelinectl
// status`, the metric paceline_watch_causes, and for /readyz.
//
//   const auto found = find_causes(status, totals, around);
//   causes_of(found)                          // for people
//   readiness_of(status, found)               // for /readyz: those that make this node unfit
//
// Pure. A cause that keeps invitations back, or would if this node were master, makes this node unfit (README.md says
// which). Each sentence stands without a full stop. ops/monitoring/RUNBOOK.md has a paragraph for each id.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "services/watch/cluster_view.h"
#include "services/watch/starter.h"

namespace paceline::watch {

enum class CauseId : std::uint8_t {
  paused,
  no_quorum,
  no_master,
  false_master,
  cluster_disputed,
  node_silent,
  process_silent,
  key_refused,
  one_way,
  publisher_shut,
  no_token,
  endpoint_unreachable,
  not_accepted,
  targets_rejected,
  no_statistics,
  stat_server_down,
  statistics_doubted,
  pacer_without_statistics,
  targets_unseen,
  targets_stale,
  statistics_contradicted,
  agents_not_answering,
  waiting_for_peer,
  feedback_old,
  clock_wrong,
  clock_differs,
  targets_differ,
  less_fit,
  restarting,
  no_spare,
  endpoint_slow,
  history_off,
  history_not_written,
  file_exposed,
  maintenance,
};

}  // namespace paceline::watch

namespace paceline {

/// Of CauseAnswer::id, with what it says.
template <>
inline constexpr std::array words_of<watch::CauseId>{
    Word{"paused", "an operator stopped all invitations"},
    Word{"no_quorum", "too few nodes are heard to elect a master"},
    Word{"no_master", "nobody is master"},
    Word{"false_master", "a node says it is master, and the others hold another"},
    Word{"cluster_disputed", "another cluster publishes under this name"},
    Word{"node_silent", "nothing is heard of a node"},
    Word{"process_silent", "a process is not heard"},
    Word{"key_refused", "keys of two nodes do not fit"},
    Word{"one_way", "one node hears another, which does not hear it"},
    Word{"publisher_shut", "the master's publisher holds no grant"},
    Word{"no_token", "a node gets no access token"},
    Word{"endpoint_unreachable", "the endpoint does not serve a node"},
    Word{"not_accepted", "the endpoint accepted nothing from the master lately"},
    Word{"targets_rejected", "the endpoint refuses targets"},
    Word{"no_statistics", "no Stat Server serves this node"},
    Word{"stat_server_down", "one Stat Server of the pair does not serve this node"},
    Word{"statistics_doubted", "what a Stat Server pushes is in doubt"},
    Word{"pacer_without_statistics", "a pacer hears no statistics"},
    Word{"targets_unseen", "the Stat Server does not know targets"},
    Word{"targets_stale", "statistics of targets are too old"},
    Word{"statistics_contradicted", "the endpoint contradicts the statistics of targets"},
    Word{"agents_not_answering", "agents count as ready and take nothing"},
    Word{"waiting_for_peer", "targets wait for what a peer has learned"},
    Word{"feedback_old", "the endpoint's feedback does not come"},
    Word{"clock_wrong", "a node's clock differs from the endpoint's"},
    Word{"clock_differs", "this host's clock differs from the other nodes'"},
    Word{"targets_differ", "a node paces by another targets file"},
    Word{"less_fit", "a node counts as unfit to be master"},
    Word{"restarting", "a process is started again and again"},
    Word{"no_spare", "no other node could be master"},
    Word{"endpoint_slow", "a publication takes longer than the refresh period"},
    Word{"history_off", "watch keeps no history on disk"},
    Word{"history_not_written", "watch cannot write its history"},
    Word{"file_exposed", "a file with secrets is open to others"},
    Word{"maintenance", "an operator drained a node"},
};

}  // namespace paceline

namespace paceline::watch {

static_assert(words_match<CauseId>());

/// How often a process was started lately.
struct ProcessStarts {
  std::string process{};  // "b/elector/0"
  int starts = 0;
};

/// What watch knows beside the bus.
struct Surroundings {
  std::map<std::string, std::string>
      heartbeats{};  // Of each node, where others hear it: "10.0.0.2:7100".
  double heartbeat_stale_s = 1;
  std::size_t quorum = 0;  // Nodes that must agree on a master; 0 = it needs no majority.
  std::string history_off{};
  std::string history_not_written{};
  std::vector<std::string> exposed{};         // A sentence each.
  std::vector<std::string> refuse_our_key{};  // Nodes.
  std::vector<std::string> refused_here{};    // Nodes whose key we refuse.
  std::vector<ProcessStarts> restarting{};
  Starter starter{};
};

struct Finding {
  CauseId id{};
  CauseAnswer cause{};
  bool unfit = false;  // This node is not fit for its role.
};

/// Most that people are shown.
inline constexpr std::size_t most_causes = 40;

/// Worst first.
///   totals   of the targets of status.node
std::vector<Finding> find_causes(const StatusAnswer& status, const TotalsAnswer& totals,
                                 const Surroundings& around);

/// As people see them: at most most_causes.
std::vector<CauseAnswer> causes_of(const std::vector<Finding>& findings);

/// "the clock of node a is 5.0 s ahead; check ..."
std::string sentence_of(const CauseAnswer& cause);

}  // namespace paceline::watch
