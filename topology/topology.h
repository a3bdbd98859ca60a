// The cluster in one file: who runs where, and who talks to whom.
//
// Every process of every node reads the same file and is told only its node, its process name and
// its index (topology/SETTINGS.md has the format). Pure: parses the text it is given.
//
// Invariant: a Topology that parse_topology returned has no mistake that check.h can find.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/base/settings.h"
#include "common/base/time.h"
#include "topology/targets.h"

namespace paceline {

/// How the electors decide: by a majority of all nodes, or as two that cannot outvote each other.
enum class ElectionMode : std::uint8_t { quorum, pair };

/// Whether a channel's subscribers hear their own node's senders only, or those of all nodes.
enum class Scope : std::uint8_t { node, cluster };

/// One bus channel: every process `from` binds a PUB socket for it, to which every process in `to`
/// connects.
struct Channel {
  std::string name;             // One of: stat pace feedback heartbeat vote grant publication.
  std::string carries;          // The structure of common/wire/messages.h.
  std::string from;             // Process name.
  std::vector<std::string> to;  // Process names.
  Scope scope = Scope::node;
  std::string endpoint;  // Pattern with {run} {host} {port} {port+N} {port+N+index} {node} {index}.
  Duration period{};     // Between messages, at the latest.
  Duration stale{};      // The sender counts as gone when it was silent for longer.
  Duration keyframe{};   // Between keyframes; zero for a channel without rows.
  Location where;        // In the topology file, for errors.
};

struct Node {
  std::string name;
  std::string host;     // As other nodes reach it: name or address, IPv6 without brackets.
  int port = 0;         // The first of the node's TCP ports.
  int priority = 100;   // [0..255] 0 = a witness: an elector alone.
  Location where;       // In the topology file, for errors.
  Location host_where;  // ... of its key `host`.

  bool witness() const { return priority == 0; }
};

struct Topology {
  std::string file;  // As given, for errors; relative paths start at its folder.
  std::string cluster;
  std::string run_dir;  // Sockets, state and keys of the node's processes.
  std::string targets_file;
  std::string membership_file;  // Which agent is in which groups (membership.h); "" = not told.
  std::size_t max_targets = default_max_targets;  // [1..1'000'000] rows that it may have.
  int pacers = 1;                                 // [1..64] shards.
  double time_scale = 1;  // [1..1000] demo and tests: the pacing world runs that much faster.
  ElectionMode mode = ElectionMode::quorum;
  bool encrypted = true;  // CURVE on every tcp:// endpoint.
  std::string control;    // Endpoint pattern of every process's REP socket, with {process} too.
  // The same for questions from other nodes: where the publisher answers, and where the pacers do.
  std::string cluster_control;
  std::string pacer_control;
  std::vector<Node> nodes;  // In the file's order.
  std::vector<Channel> channels;

  const Node* node(std::string_view name) const;
  const Channel* channel(std::string_view name) const;

  /// Endpoint pattern at which `process` answers other nodes; "" = it does not.
  std::string_view control_for_others(std::string_view process) const;
  /// The key that says so in the topology file; "" as above.
  static std::string_view key_for_others(std::string_view process);

  /// The processes that run on `node` with their counts, in start order: supervisord's group.
  std::vector<std::pair<std::string, int>> processes(const Node& node) const;
};

/// A topology and the settings of one process from the same file: the table [NAME] of the process.
struct Place {
  Topology topology;
  std::string node;
  std::string process;
  int index = 0;
  Settings settings;  // What the process's own parse_*_config reads.

  const Node& self() const;
};

/// Reads the whole file, including the tables of all processes, and checks it (check.h).
///   errors   bad_value, naming FILE:LINE:COLUMN, key and value: the first mistake found
Result<Topology> parse_topology(std::string_view text, std::string_view file);

/// The same, seen from one process.
///   errors   as above; not_found: no such node, or the node does not run that process or index
Result<Place> parse_place(std::string_view text, std::string_view file, std::string_view node,
                          std::string_view process, int index);

/// Whether a process finds the same cluster in both: nodes, sockets, and the channels that it reads
/// or writes. What it makes of its own table and files is its own to compare.
bool same_links(const Topology& a, const Topology& b, std::string_view process);

/// Fills an endpoint pattern for one process of one node.
///   errors   bad_value: an unknown {word}, or a port beyond 65535
Result<std::string> endpoint(const Topology& topology, std::string_view pattern, const Node& node,
                             std::string_view process, int index);

}  // namespace paceline
