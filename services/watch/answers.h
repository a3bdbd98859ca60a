// What watch knows, as the structures that it answers with (common/wire/answers.h).
#pragma once

#include <string_view>
#include <vector>

#include "common/wire/answers.h"
#include "services/watch/cluster_view.h"
#include "services/watch/target_table.h"

namespace paceline::watch {

StatusAnswer status_answer(const ClusterStatus& status, const TotalsAnswer& totals,
                           std::string_view watch_url);

/// All nodes of the topology, in its order.
std::vector<NodeAnswer> node_answers(const ClusterStatus& status);

/// Every bus channel that is heard, one a sender and shard.
std::vector<ChannelAnswer> channel_answers(const ClusterStatus& status);

TargetAnswer target_answer(const TargetRow& row);

}  // namespace paceline::watch
