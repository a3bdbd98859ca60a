// Is this node fit for its role? What /readyz answers: the causes (causes.h) that say it is not.
//
// Pure. A node is fit when its elector and publisher are heard and could publish, its statistics and
// every pacer shard are fresh, and most of its targets can be paced; and when the master, whichever
// node that is, has an open gate and a publication accepted lately.
#pragma once

#include <vector>

#include "services/watch/causes.h"

namespace paceline::watch {

/// Of `status.node`, whose watch found these.
ReadinessAnswer readiness_of(const StatusAnswer& status, const std::vector<Finding>& findings);

/// The same from what it holds: these totals of its targets.
ReadinessAnswer readiness(const StatusAnswer& status, const TotalsAnswer& totals = {},
                          const Surroundings& around = {});

}  // namespace paceline::watch
