// What the Stat Server in use does not tell of the targets: in short for the log, in full for
// whoever asks.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "services/statfeed/ledger.h"
#include "services/statfeed/targets_index.h"

namespace paceline::statfeed {

struct Visibility {
  std::size_t targets = 0;     // That lack a needed statistic.
  std::size_t statistics = 0;  // Without a value, needed or not.
  // Hashes of what is missing, to see a change; 0 = nothing is.
  std::uint64_t targets_mark = 0;
  std::uint64_t statistics_mark = 0;
  std::string names;    // The first targets and what they lack: "t07 lacks ready (unknown), ...".
  std::string by_kind;  // "ready CurrentReadyAgents 3, ...": how many targets lack each.
};

/// cost   O(targets)
Visibility visibility_of(const Ledger& ledger, const TargetsIndex& targets_index,
                         const Mapping& mapping, std::size_t most_names);

/// A line for every statistic without a value: the target, and
/// "FIGURE<tab>unknown|invalid|unheard<tab>OBJECT TYPE<tab>OBJECT<tab>STATISTIC".
std::vector<std::pair<std::string, std::string>> missing_statistics(
    const Ledger& ledger, const TargetsIndex& targets_index, const Mapping& mapping);

/// When the log is to say what is missing: once for each change that has lasted from one step to
/// the next, so that a session that is being filled does not fill the log too.
class VisibilityReport {
 public:
  struct Outcome {
    bool statistics_missing = false;  // Say which statistics have no value.
    bool targets_missing = false;     // Say which targets lack what they need.
    bool targets_complete = false;    // Say that no target lacks anything any more.
  };

  Outcome step(const Visibility& seen);
  /// What is missing is to be said again, even if it is the same.
  void repeat() { statistics_told_ = targets_told_ = 0; }

 private:
  std::uint64_t before_ = 0;           // The statistics' mark in the step before.
  std::uint64_t statistics_told_ = 0;  // Marks as last said.
  std::uint64_t targets_told_ = 0;
  bool said_missing_ = false;  // That targets lack something.
};

}  // namespace paceline::statfeed
