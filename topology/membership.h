// The membership file: which agent is in which groups, exported from the site's configuration.
//
//   agent,groups
//   smith,Sales EMEA;Service EMEA
//   jones,Service EMEA
#pragma once

#include <string_view>

#include "common/base/result.h"
#include "topology/targets.h"

namespace paceline {

/// Adds the agents of a membership file to those that the targets file names (Targets::agents).
/// Separated values (csv_lines.h) with the columns agent and groups; the groups of an agent are
/// parted by semicolons. Groups that no target has are passed over: a site has more groups than are
/// paced. Lines that begin with # are remarks where the agent stands first.
///
///   file     its name, for errors
///   errors   bad_value: the first mistake, naming FILE:LINE:COLUMN, and how many more there are;
///            also an agent that stands twice. Nothing is added then
///   cost     O(n log n)
Result<void> add_membership(Targets& targets, std::string_view text, std::string_view file);

}  // namespace paceline
