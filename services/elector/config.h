// The elector's settings: table [elector] of the topology file, and what it says of the voters.
#pragma once

#include "services/elector/policy.h"
#include "topology/topology.h"

namespace paceline::elector {

struct ElectorConfig {
  ElectionPolicy policy;
  std::string state_dir;          // The term file and its lock.
  Duration publisher_stale = 1s;  // Channel publication: our publisher is silent.
  Duration pace_stale = 5s;       // Channel pace: beyond, a pacer shard counts as missing.
  std::string boot;               // This host's boot id, set by the adapter.

  bool operator==(const ElectorConfig&) const = default;
};

/// Of one node. Nodes of the topology are voters, all of them, in the file's order.
///   errors   bad_value, naming FILE:LINE:COLUMN and key: out of range, unknown, a lease too short
///            for the heartbeat, or mode pair without accept_dual_publish
Result<ElectorConfig> parse_elector_config(Place& place);

/// Whether an elector may go on from `running` with `next` while others still have the former: if
/// every majority of the one shares a voter with every majority of the other, and no lock given
/// before ends later than one given after.
///
///   returns  true, always
///   errors   refused: another cluster, more than one node added or removed, or a shorter lock
Result<bool> may_follow(const ElectorConfig& running, const ElectorConfig& next);

}  // namespace paceline::elector
