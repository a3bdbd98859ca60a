#include "services/statfeed/server_ids.h"

#include <algorithm>

namespace paceline::statfeed {
namespace {

constexpr std::size_t least_ids = 1000;

std::string key_of(std::string_view object, std::string_view type, std::string_view name) {
  std::string key{object};
  (key += '\0') += type;
  (key += '\0') += name;
  return key;
}

}  // namespace

void ServerIds::begin() {
  by_id_.clear();
  theirs_.clear();
}

void ServerIds::targets_changed() {
  by_name_.clear();
  indexed_ = false;
}

void ServerIds::index() {
  if (indexed_) return;
  indexed_ = true;
  const auto asked = asked_kinds(mapping_);
  for (const auto slot : targets_index_.order())
    for (std::uint32_t i = 0; i < statistic_kind_count; ++i) {
      if ((asked >> i & 1) == 0) continue;
      const auto kind = static_cast<StatisticKind>(i);
      const auto wanted = request_for(mapping_, targets_index_.target(slot), kind);
      if (wanted.name.empty()) continue;  // By definition: the server has no name for it.
      const StatisticId id{.generation = targets_index_.generation(slot),
                           .statistic = statistic_of(slot, kind)};
      by_name_[key_of(wanted.object_id, wanted.object_type, wanted.name)].push_back(id);
      by_name_[key_of(wanted.object_id, "", wanted.name)].push_back(id);
    }
}

std::vector<Statistic> ServerIds::present(const std::vector<StatisticId>& ids) const {
  std::vector<Statistic> all;
  for (const auto& id : ids)
    if (targets_index_.knows(id)) all.push_back(id.statistic);
  return all;
}

std::vector<Statistic> ServerIds::find_id(std::string_view id) const {
  const auto known = by_id_.find(std::string{id});
  return known == by_id_.end() ? std::vector<Statistic>{} : present(known->second);
}

std::vector<Statistic> ServerIds::find(const StatisticValue& value) {
  if (!value.object_id.empty() && !value.name.empty()) {
    index();
    const auto named = by_name_.find(key_of(value.object_id, value.object_type, value.name));
    if (named == by_name_.end()) return {};
    if (!value.statistic_id.empty() && by_id_.size() < by_name_.size() + least_ids) {
      by_id_[value.statistic_id] = named->second;
      for (const auto& id : named->second) theirs_[id.statistic] = value.statistic_id;
    }
    return present(named->second);
  }
  return find_id(value.statistic_id);
}

std::string_view ServerIds::theirs(Statistic statistic) const {
  const auto known = theirs_.find(statistic);
  return known == theirs_.end() ? std::string_view{} : std::string_view{known->second};
}

}  // namespace paceline::statfeed
