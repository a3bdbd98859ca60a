// The targets as metrics: sums over all of them, and where an operator asks for it series of each.
//
// Pure. A target costs 12 series, so they are opt-in and bounded ([watch] target_series); how many
// targets were left out is a metric itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/base/metrics.h"
#include "services/watch/target_table.h"

namespace paceline::watch {

/// Agents, queue, invitations and their fates, summed; targets over their goal; and for the first
/// `most` targets of the file a series each of the families paceline_target_*.
///   cost   O(targets)
std::vector<MetricFamily> target_families(const TargetTable& table, std::size_t most);

/// Whether a target's proactive abandonment is above its goal for certain: on 20 outcomes or more, and
/// Wilson's interval of the rate lies above the goal. False for those with another goal.
bool over_goal(const TargetRow& row);

}  // namespace paceline::watch
