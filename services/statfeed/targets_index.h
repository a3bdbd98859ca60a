// Which target has which slot: a target keeps its slot for as long as it stays in the targets file,
// whatever else comes and goes. So a reload touches nothing that did not change.
//
//   TargetsIndex targets_index;
//   auto change = targets_index.apply(targets);   // change.removed, then change.added
//
// Invariants
//   A slot holds at most one target.
//   A target whose group or queue changed begins anew: it is in `removed` and in `added`.
//   The generation of a slot rises with each target that begins in it.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "services/statfeed/mapping.h"

namespace paceline::statfeed {

class TargetsIndex {
 public:
  struct Change {
    std::vector<std::uint32_t> removed;  // Slots whose target left.
    std::vector<std::uint32_t> added;    // Slots in which one began.

    bool empty() const { return removed.empty() && added.empty(); }
  };

  /// From now on these targets, in this order. Ids must be unique: the reader of the targets file
  /// sees to it.
  ///
  ///   cost   O(n)
  Change apply(const std::vector<TargetObjects>& targets);

  std::uint32_t capacity() const { return static_cast<std::uint32_t>(targets_.size()); }
  bool used(std::uint32_t slot) const { return used_[slot]; }
  const TargetObjects& target(std::uint32_t slot) const { return targets_[slot]; }
  std::uint16_t generation(std::uint32_t slot) const { return generations_[slot]; }

  /// Of the target with that id; nothing if there is none.
  std::optional<std::uint32_t> slot(const std::string& id) const {
    const auto found = slot_of_.find(id);
    return found == slot_of_.end() ? std::nullopt : std::optional{found->second};
  }

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
