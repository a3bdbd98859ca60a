// The cluster as this node hears it: who is master and why, whose publisher is open, how old each
// input is.
//
//   view.hear(election_message, now);           // and grants, publication reports, heads of rows
//   for (Event& event : view.step(table, now, wall)) ..     // what changed since the last step
//   StatusAnswer status = view.status(now, wall);
//
// Pure. Invariants:
//   1  A node that was silent beyond the bound of the heartbeat channel is `down`.
//   2  A node is the cluster's master if it says so, and most electors that are heard hold it for
//      master: nobody becomes it by his own word.
//   3  Nodes and senders that the topology does not name are ignored, so nothing grows.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/wire/answers.h"
#include "services/watch/events.h"
#include "services/watch/kept_time.h"
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

/// The node of that name; null if there is none.
const NodeAnswer* find_node(const StatusAnswer& status, std::string_view name);

class ClusterView {
 public:
  explicit ClusterView(ClusterViewOptions options);

  ///   wall   our own wall clock now, which the sender's is compared with
  void hear(const ElectionMessage& message, Instant now, WallTime wall);
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

  /// All but what the targets and the web server know (status_json() adds it).
  StatusAnswer status(Instant now, WallTime wall) const;

  /// Whether the other nodes' clocks say the same as ours.
  ClockAgreement peer_clocks(Instant now) const;

  /// Whom the electors hold for master, or held last, as of the last step; empty = nobody yet.
  const std::string& master() const { return held_; }

  /// Whether an operator has all invitations stopped, as of the last step.
  bool paused() const { return before_ && !before_->paused.empty(); }

  /// Whether the topology has that node, and it is no witness.
  bool has_candidate(std::string_view node) const;

 private:
  struct Elector {
    std::optional<ElectionMessage> said{};
    Instant heard{};
    double clock_ahead_s = 0;
    std::optional<Instant> differs_since{};  // Its targets are of another version than ours.
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
  bool note_master(const StatusAnswer& current);
  NodeAnswer node_answer(const ClusterNode& node, Instant now) const;
  bool is_held_for_master(const StatusAnswer& status, const std::string& node) const;
  void find_master(StatusAnswer& status) const;
  void find_pause(StatusAnswer& status) const;
  void compare_targets(Instant now);
  void add_row_channels(StatusAnswer& status, Instant now) const;
  void add_node_channels(StatusAnswer& status) const;
  Stream* stream(std::string_view channel, std::string_view sender, int shard);

  ClusterViewOptions options_;
  std::map<std::string, Elector, std::less<>> electors_;
  std::map<std::string, Publisher, std::less<>> publishers_;
  std::vector<Stream> streams_{};
  StatSource statistics_{};
  std::map<int, PaceCycle> cycles_;
  FeedbackHead feedback_{};
  std::optional<Grant> grant_;
  std::optional<StatusAnswer> before_;  // As of the last step.
  Mastership last_master_{};            // The last that was seen.
  Mastership last_release_{};           // The last that was given up.
  std::string held_{};                  // Master as of the last step, or the last one.
  std::string cause_{};                 // Why it followed the one before; "" = unknown.
};

/// Transitions between two statuses of one cluster, without numbers.
std::vector<Event> transitions(const StatusAnswer& before, const StatusAnswer& now,
                               std::int64_t wall_ms);

/// Transitions of many targets at once, told as one event each kind.
std::vector<Event> target_transitions(const TargetTable& targets, std::int64_t wall_ms);

}  // namespace paceline::watch
