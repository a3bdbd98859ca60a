// What a pacer shard is told: its targets, its channels' times, the parameters of the engine.
#pragma once

#include <string>
#include <vector>

#include "services/pacer/pacing_inputs.h"
#include "services/pacer/peer_round.h"
#include "topology/shared_agents.h"
#include "topology/targets.h"
#include "topology/topology.h"

namespace paceline::pacer {

/// What becomes of targets that are seen to share agents though nothing tells it.
enum class PoolDetection : std::uint8_t { off, warn, use };

/// A shard's targets, and who shares agents among them, by their indices in it.
struct ShardTargets {
  std::vector<Target> targets;  // In the file's order.
  std::vector<SharedAgents> shared;
};

/// Durations are of the host's clock, except those of `tuning` and of the targets' options, which
/// are of the pacing world (time_scale times faster).
struct PacerConfig {
  int index = 0;  // [0, shards)
  int shards = 1;
  std::size_t most_rows = default_max_targets;  // [1..] of any sender, in any message.
  double time_scale = 1;                        // Pacing-world seconds in a second.
  Duration recompute = 100ms;  // Changes are gathered so long before targets are decided anew.
  Duration pace_period = 2s;   // A `pace` message at least so often.
  Duration pace_keyframe = 10s;
  Duration stat_stale = 10s;
  Duration feedback_stale = 30s;
  Duration heartbeat_stale = 1200ms;
  Duration checkpoint_period = 60s;
  Duration checkpoint_max_age = 24h;  // An older checkpoint is not taken up.
  Duration accounting_begins{};       // After midnight UTC: when an accounting window begins.
  std::vector<PeerPacer> peers;       // Of other nodes, in the order in which they are asked.
  std::string checkpoint_file;
  std::string targets_file;
  PacingTuning tuning;
  PoolDetection pool_detection = PoolDetection::warn;
  ShardTargets shard;           // main.cpp fills it.
  std::string targets_version;  // Of the whole file, see topology/targets.h.
};

/// Reads [pacer] and the channels' times.
Result<PacerConfig> parse_pacer_config(Place& place);

/// Those of `targets` that belong to `shard` of `shards`.
ShardTargets targets_of_shard(const Targets& targets, int shard, int shards);

}  // namespace paceline::pacer
