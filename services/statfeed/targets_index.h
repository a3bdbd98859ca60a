// Who is in which slot: every target has a slot for as long as it stays in the targets file,
// whatever else comes and goes. So a reload touches nothing that did not change.
//
//   TargetsIndex targets_index;
//   TargetsIndex::Change change = targets_index.apply(targets);   // change.removed, then change.added
//
// Invariants: a slot holds at most one target; a target whose group or queue changed gets another
// life (its slot is in `removed` and in `added`); the generation of a slot differs from life to
// life.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "services/statfeed/mapping.h"

namespace paceline::statfeed {

class TargetsIndex {
 public:
  struct Change {
    std::vector<std::uint32_t> removed;  // Slots that ended a life.
    std::vector<std::uint32_t> added;    // Slots that began one.

    bool empty() const { return removed.empty() && added.empty(); }
  };

  /// From now on these targets, in this order; ids are unique (the targets file's reader sees to
  /// it).
  ///   cost   O(n)
  Change apply(const std::vector<TargetObjects>& targets);

  std::uint32_t capacity() const { return static_cast<std::uint32_t>(targets_.size()); }
  bool used(std::uint32_t slot) const { return used_[slot]; }
  const TargetObjects& target(std::uint32_t slot) const { return targets_[slot]; }
  std::uint16_t generation(std::uint32_t slot) const { return generations_[slot]; }

  /// The slot of every target, in the order of the targets file.
  const std::vector<std::uint32_t>& order() const { return order_; }

  /// Whether a statistic's name (mapping.h) means a target that is here now.
  bool knows(const StatisticId& name) const {
    const auto slot = slot_of(name.statistic);
    return slot < capacity() && used_[slot] && generations_[slot] == name.generation;
  }

 private:
  std::vector<TargetObjects> targets_;
  std::vector<bool> used_;
  std::vector<std::uint16_t> generations_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> order_;
  std::unordered_map<std::string, std::uint32_t> slot_of_;
};

}  // namespace paceline::statfeed
