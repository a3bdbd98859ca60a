#include "services/statfeed/roster.h"

#include "common/base/check.h"

namespace paceline::statfeed {

Roster::Change Roster::apply(const std::vector<Subject>& subjects) {
  Change change;
  std::vector<bool> stays(capacity(), false);
  for (const auto& subject : subjects)
    if (const auto known = slot_of_.find(subject.id);
        known != slot_of_.end() && subjects_[known->second] == subject)
      stays[known->second] = true;
  for (std::uint32_t slot = 0; slot < stays.size(); ++slot) {
    if (!used_[slot] || stays[slot]) continue;
    change.removed.push_back(slot);
    slot_of_.erase(subjects_[slot].id);
    subjects_[slot] = {};
    used_[slot] = false;
    free_.push_back(slot);
  }
  order_.clear();
  for (const auto& subject : subjects) {
    auto [entry, is_new] = slot_of_.try_emplace(subject.id, 0);
    if (is_new) {
      if (free_.empty()) {
        free_.push_back(capacity());
        subjects_.emplace_back();
        used_.push_back(false);
        generations_.push_back(0);
      }
      const auto slot = free_.back();
      free_.pop_back();
      entry->second = slot;
      subjects_[slot] = subject;
      used_[slot] = true;
      ++generations_[slot];
      change.added.push_back(slot);
    }
    CHECK(subjects_[entry->second] == subject);  // An id twice in one list.
    order_.push_back(entry->second);
  }
  return change;
}

}  // namespace paceline::statfeed
