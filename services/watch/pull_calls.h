// The two calls that users of Genesys Web Engagement know: may a reactive engagement start, and how
// many agents are ready.
//
// Pure. `groups` names agent groups (or target ids); empty = the whole media channel.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "services/watch/target_table.h"

namespace paceline::watch {

/// The probability that a new reactive engagement should be allowed: the mean over the groups,
/// weighted by the interactions that entered each (the demand as watch can see it).
///
///   returns  [0..1]
///   errors   not_found: no such media channel or group
///            bad_value: none of them has a _DUAL algorithm
///            unavailable: of none of them is anything fresh known
///   cost     O(targets x groups)
Result<double> reactive_state(const TargetTable& targets, std::string_view media_channel,
                              std::span<const std::string> groups);

/// Ready agents of the groups, each counted once: one whom several of these groups share is a part in
/// each of them, and whole in one that is asked alone.
///
///   returns  [agents, >= 0]
///   errors   not_found, unavailable: as above
///   cost     O(targets x groups + sum over these of the sets of agents that they share)
Result<std::int64_t> channel_capacity(const TargetTable& targets, std::string_view media_channel,
                                      std::span<const std::string> groups);

}  // namespace paceline::watch
