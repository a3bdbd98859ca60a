// The settings of watch: the table [watch] of the topology file (SETTINGS.md lists them).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "services/watch/access.h"
#include "services/watch/cells.h"
#include "services/watch/cluster_view.h"
#include "services/watch/starter.h"
#include "services/watch/target_table.h"
#include "topology/targets.h"
#include "topology/topology.h"

namespace paceline::watch {

struct WatchConfig {
  std::string listen_address = "127.0.0.1";
  int listen_port = 0;           // [0..65535] 0 = any free one.
  std::string certificate_file;  // With key_file: HTTPS.
  std::string key_file;
  std::string pems;     // What stands in these two; adapter_config reads it.
  std::string ca_file;  // By which those who ask check the certificate; "" = by itself.
  AccessRules access;
  std::string read_token_file;  // adapter_config reads the tokens of `access` from there; "" = they
  std::string operate_token_file;  // stand in the topology file.
  Duration stream_period = 1s;     // Between two messages of the live stream.
  Duration history_period = 10s;   // The finest step of history.
  std::string history_file;        // "" = memory only.
  int compliance_days = 400;       // [7..4000] that the compliance record keeps.
  std::uint64_t history_bytes = 1ull << 30;
  std::size_t events = 1000;      // Kept.
  std::size_t max_streams = 32;   // Open at once.
  std::size_t target_series = 0;  // Targets with series of their own in /metrics.
  // Other clusters of this endpoint; by whom and with what they are asked:
  std::vector<CellPlace> cells{};
  std::string cells_ca_file;     // "" = the system's authorities.
  std::string cells_token;       // adapter_config reads it from
  std::string cells_token_file;  // there; "" = it stands in the topology file, or there is none.
  std::string cells_pems;        // What stands in cells_ca_file.
  double time_scale = 1;         // What the pacing world runs faster by.

  std::string node;  // Ours.
  int pacers = 1;
  std::size_t most_rows = default_max_targets;  // [1..] of any sender, in any message.
  ClusterViewOptions cluster;
  std::map<std::string, std::string>
      heartbeats{};        // Of each node, where others hear it: "HOST:PORT".
  std::size_t quorum = 0;  // Nodes that elect; 0 = the pair mode has none.
  std::vector<std::pair<std::string, int>> processes;  // Of our node, with their counts.
  Duration stat_stale = 5s;
  Duration pace_stale = 6s;
  Duration feedback_stale = 30s;

  Starter starter{};  // Found by adapter_config: who started this process.

  std::string targets_file;  // Read by adapter_config into `targets`.
  std::vector<TargetName> targets;
  std::vector<AgentSet> agents;  // Who shares agents, as the membership tells.
  std::string targets_version;   // See topology/targets.h.

  // Found by adapter_config: files that others on this host may read or change, a sentence each; of these, those that
  // hold secrets.
  std::vector<std::string> exposed;
  std::vector<std::string> exposed_secrets;
};

/// Reads [watch] and what the cluster says of it.
///   errors   bad_value: a key out of its range or unknown; an open address without token and TLS
Result<WatchConfig> parse_watch_config(Place& place);

/// The targets file's rows as watch names them.
std::vector<TargetName> target_names(const Targets& targets, int pacers);

}  // namespace paceline::watch
