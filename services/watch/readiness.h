// Is this node fit for its role? What /readyz answers, with the reasons.
//
// Pure. A node is fit when its elector and publisher are heard and could publish, its statistics and
// every pacer shard are fresh, and most of its targets can be paced; and when the master, whichever
// node that is, has an open gate and a publication accepted lately.
#pragma once

#include <string>
#include <vector>

#include "services/watch/cluster_view.h"

namespace paceline::watch {

/// Of `status.node`, whose watch holds these totals of its targets.
ReadinessAnswer readiness(const StatusAnswer& status, const TotalsAnswer& totals = {});

}  // namespace paceline::watch
