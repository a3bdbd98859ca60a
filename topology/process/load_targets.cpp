#include "topology/process/load_targets.h"

#include "common/runtime/files.h"
#include "topology/membership.h"
#include "topology/shared_agents.h"

namespace paceline {

Result<Targets> load_targets(const Topology& topology) {
  const auto text = TRY(read_file(topology.targets_file));
  Targets targets = TRY(parse_targets(text, topology.targets_file, topology.max_targets));
  if (!topology.membership_file.empty()) {
    const auto membership = TRY(read_file(topology.membership_file));
    if (const auto added = add_membership(targets, membership, topology.membership_file); !added)
      return tl::unexpected(added.error());
  }
  if (const auto once = check_pools(targets); !once)
    return fail(topology.targets_file + ": " + once.error().detail);
  return targets;
}

}  // namespace paceline
