// The targets of a cluster from its files.
#pragma once

#include "topology/topology.h"

namespace paceline {

/// Reads the targets file, and the membership file where the topology names one.
///   errors   not_found and others of read_file(), bad_value and too_large as parse_targets() and
///            add_membership()
Result<Targets> load_targets(const Topology& topology);

}  // namespace paceline
