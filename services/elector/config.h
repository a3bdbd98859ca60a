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
  Duration max_clock_skew = 3s;   // Beyond, our clock differs too much from the endpoint's.
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
/// The cluster's name may change, which is how terms begin anew (README.md, "When terms run out").
/// Electors of two names hear nothing of each other, so each voter serves one of them at a time. One
/// that changed begins anew and gives no vote for a lock: whatever it promised under the old name is
/// over by then, the grant of a master whom it followed included. So both names never have a valid
/// grant at one instant, as long as the voters of both are the same, but for one.
///
///   returns  true, always
///   errors   refused: more than one node added or removed, or a shorter lock
Result<bool> may_follow(const ElectorConfig& running, const ElectorConfig& next);

}  // namespace paceline::elector
