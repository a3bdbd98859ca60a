// Is this node fit for its role? What /readyz answers, with the reasons.
//
// Pure. A node is fit when its elector is heard, its statistics and every pacer shard are fresh and
// its publisher is alive; a master also when its gate is open and the endpoint accepted lately.
#pragma once

#include <string>
#include <vector>

#include "services/watch/cluster_view.h"

namespace paceline::watch {

/// Of `status.node`.
ReadinessAnswer readiness(const ClusterStatus& status);

}  // namespace paceline::watch
