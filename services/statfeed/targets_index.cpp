#include "services/statfeed/targets_index.h"

#include "common/base/check.h"

namespace paceline::statfeed {

TargetsIndex::Change TargetsIndex::apply(const std::vector<TargetObjects>& targets) {
  Change change;
  std::vector<bool> stays(capacity(), false);
  for (const auto& target : targets)
    if (const auto known = slot_of_.find(target.id);
        known != slot_of_.end() && targets_[known->second] == target)
      stays[known->second] = true;
  for (std::uint32_t slot = 0; slot < stays.size(); ++slot) {
    if (!used_[slot] || stays[slot]) continue;
    change.removed.push_back(slot);
    slot_of_.erase(targets_[slot].id);
    targets_[slot] = {};
    used_[slot] = false;
    free_.push_back(slot);
  }
  order_.clear();
  for (const auto& target : targets) {
    auto [entry, is_new] = slot_of_.try_emplace(target.id, 0);
    if (is_new) {
      if (free_.empty()) {
        free_.push_back(capacity());
        targets_.emplace_back();
        used_.push_back(false);
        generations_.push_back(0);
      }
      const auto slot = free_.back();
      free_.pop_back();
      entry->second = slot;
      targets_[slot] = target;
      used_[slot] = true;
      ++generations_[slot];
      change.added.push_back(slot);
    }
    CHECK(targets_[entry->second] == target);  // An id twice in one list.
    order_.push_back(entry->second);
  }
  return change;
}

}  // namespace paceline::statfeed
