// The cluster as this node hears it: who is master and why, whose publisher is open, how old each
// input is.
//
//   view.hear(election_message, now);           // and grants, publication reports, heads of rows
//   for (Event& event : view.step(table, now, wall)) ..     // what changed since the last step
//   ClusterStatus status = view.status(now, wall);
//
// Pure. Invariants:
//   1  A node that was silent beyond the bound of the heartbeat channel is `down`.
//   2  Of the nodes that claim to be master now, the cluster's is the one of the highest term.
//   3  Nodes and senders that the topology does not name are ignored, so nothing grows.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/wire/answers.h"
#include "services/watch/events.h"
#include "services/watch/target_table.h"

namespace paceline::watch {

struct ClusterNode {
  std::string name{};
  bool witness = false;
  int priority = 100;
};

/// A process that sends on a bus channel which this node hears.
struct ChannelSender {
  std::string channel{};
  std::string sender{};  // "a/pacer/0"
  std::string node{};
  int shard = -1;    // -1 = the channel is not sharded.
  Duration stale{};  // Silent for longer, it counts as gone.
};

struct ClusterViewOptions {
  std::string cluster{};
  std::string self{};  // Our node.
  std::vector<ClusterNode> nodes{};
  std::vector<ChannelSender> senders{};
  Duration heartbeat_stale = 1s;
  Duration publication_stale = 6s;
};

struct NodeStatus {
  std::string name{};
  NodeRole role = NodeRole::down;
  std::string elector = "silent";  // The elector's own word for its role.
  std::uint64_t term = 0;
  int priority = 0;
  int tier = 0;                   // Health, 0 = fit.
  double heard_s = -1;            // [s] since its elector was heard; -1 = never.
  std::string believes_master{};  // Whom it holds to be master.
  std::uint64_t master_since_ms = 0;
  std::string why{};
  std::vector<PeerSeen> seen{};
  std::string publisher = "down";  // "open", "shut", "down", "none" (a witness has none).
  std::optional<PublicationReport> publication{};
  double publication_heard_s = -1;
};

struct ChannelStatus {
  std::string channel{};
  std::string sender{};
  int shard = -1;
  double heard_s = -1;    // [s] since its last message; -1 = never.
  double content_s = -1;  // [s] age of what it said; -1 = never.
  double stale_s = 0;     // The bound.
  bool fresh = false;
};

struct ShardStatus {
  int shard = 0;
  PaceCycle cycle{};
  double heard_s = -1;
  bool fresh = false;
};

struct ClusterStatus {
  std::string cluster{};
  std::string node{};  // Ours.
  std::int64_t wall_ms = 0;
  std::uint64_t term = 0;  // The master's; without one the highest heard.
  std::string master{};    // "" = nobody.
  std::uint64_t master_since_ms = 0;
  std::string master_why{};
  int claims = 0;  // Nodes that say they are master; several: a fault or a handover.
  std::vector<NodeStatus> nodes{};
  StatSource statistics{};
  double statistics_heard_s = -1;
  bool statistics_fresh = false;
  std::vector<ShardStatus> shards{};
  FeedbackHead feedback{};
  double feedback_heard_s = -1;
  Grant grant{};            // Of our own node.
  double grant_left_s = 0;  // [s, >= 0]
  std::vector<ChannelStatus> channels{};

  const NodeStatus* find(std::string_view name) const;
};

class ClusterView {
 public:
  explicit ClusterView(ClusterViewOptions options);

  void hear(const ElectionMessage& message, Instant now);
  void hear(const Grant& grant, Instant now);
  void hear(const PublicationReport& report, Instant now);
  void hear(const StatSource& source) { statistics_ = source; }
  void hear(int shard, const PaceCycle& cycle);
  void hear(const FeedbackHead& head) { feedback_ = head; }

  /// A message of a channel with rows came.
  ///   content   [<= heard] when what it says was new
  void hear_rows(std::string_view channel, std::string_view sender, int shard, Instant heard,
                 Instant content);

  /// Transitions since the last step; none at the first.
  std::vector<Event> step(const TargetTable& targets, Instant now, WallTime wall);

  ClusterStatus status(Instant now, WallTime wall) const;

  /// Whether the topology has that node, and it is no witness.
  bool has_candidate(std::string_view node) const;

 private:
  struct Elector {
    std::optional<ElectionMessage> said{};
    Instant heard{};
  };
  struct Publisher {
    std::optional<PublicationReport> said{};
    Instant heard{};
  };
  struct Stream {
    ChannelSender sender;
    bool ever = false;
    Instant heard{};
    Instant content{};
  };

  struct Mastership {
    std::string node{};
    std::uint64_t term = 0;
  };

  /// Whether another node or term is master now; remembers why.
  bool note_master(const ClusterStatus& current);
  NodeStatus node_status(const ClusterNode& node, Instant now) const;
  void find_master(ClusterStatus& status) const;
  void add_row_channels(ClusterStatus& status, Instant now) const;
  void add_node_channels(ClusterStatus& status) const;
  Stream* stream(std::string_view channel, std::string_view sender, int shard);

  ClusterViewOptions options_;
  std::map<std::string, Elector, std::less<>> electors_;
  std::map<std::string, Publisher, std::less<>> publishers_;
  std::vector<Stream> streams_{};
  StatSource statistics_{};
  std::map<int, PaceCycle> cycles_;
  FeedbackHead feedback_{};
  std::optional<Grant> grant_;
  std::optional<ClusterStatus> before_;  // As of the last step.
  Mastership last_master_{};             // The last that was seen.
  Mastership last_release_{};            // The last that was given up.
  std::string cause_{};                  // Why it followed the one before; "" = unknown.
};

/// Transitions between two statuses of one cluster, without numbers.
std::vector<Event> transitions(const ClusterStatus& before, const ClusterStatus& now);

/// Transitions of many targets at once, told as one event each kind.
std::vector<Event> target_transitions(const TargetTable& targets, std::int64_t wall_ms);

}  // namespace paceline::watch
