// What the Stat Server in use does not tell of the targets: for the log, and in full for whoever
// asks.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "services/statfeed/ledger.h"
#include "services/statfeed/targets_index.h"

namespace paceline::statfeed {

struct Visibility {
  std::size_t targets = 0;     // That lack a needed kind.
  std::size_t statistics = 0;  // Without a value, needed or not.
  // Other ones when others are missing; 0 = none is.
  std::uint64_t targets_mark = 0;
  std::uint64_t statistics_mark = 0;
  std::string names;    // The first targets and what they lack: "t07 lacks ready (unknown), ...".
  std::string by_kind;  // "ready CurrentReadyAgents 3, ...": how many targets lack each kind.
};

/// cost   O(targets)
Visibility visibility_of(const Ledger& ledger, const TargetsIndex& targets_index,
                         const Mapping& mapping, std::size_t most_names);

/// A line for every statistic without a value: the target, and
/// "FIGURE<tab>unknown|invalid|unheard<tab>OBJECT TYPE<tab>OBJECT<tab>STATISTIC".
std::vector<std::pair<std::string, std::string>> missing_statistics(
    const Ledger& ledger, const TargetsIndex& targets_index, const Mapping& mapping);

}  // namespace paceline::statfeed
