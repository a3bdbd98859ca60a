// One row of the table for a centre whose agents serve several targets.
#pragma once

#include <cstdint>
#include <string>

#include "tests/bench/measure.h"
#include "tests/bench/shared_scenario.h"

namespace paceline::test {

/// Runs `days` [>= 1] days, one after another in one centre, after the warm-up. Occupancy is that of
/// the agents, each once; abandonment and days over the goal are those of all targets together, by
/// the least goal; `worst_target_pct` is the abandonment over all days of the target that had most.
///
///   system   a name of make_shared_system
///   returns  a row whose `note` says why, if the system does not apply (days = 0)
Row measure_shared(const SharedScenario& scenario, const std::string& system, int days,
                   std::uint64_t seed);

}  // namespace paceline::test
