#include "topology/targets_diff.h"

#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

#include "topology/target_fields.h"

namespace paceline {
namespace {

std::vector<TargetChange::Field> differing(const Target& before, const Target& after) {
  std::vector<TargetChange::Field> fields;
  for (const TargetField& field : target_fields())
    if (before.*field.member != after.*field.member)
      fields.push_back({field.name, before.*field.member, after.*field.member});
  for (const PacingOption& option : pacing_options()) {
    auto was = option.text(before.options);
    auto is = option.text(after.options);
    if (was != is) fields.push_back({option.name, std::move(was), std::move(is)});
  }
  return fields;
}

}  // namespace

TargetsDiff diff_targets(const std::vector<Target>& before, const std::vector<Target>& after) {
  TargetsDiff diff;
  std::unordered_map<std::string_view, const Target*> known;
  for (const Target& target : before) known.emplace(target.id, &target);
  std::unordered_set<std::string_view> stays;
  for (const Target& target : after) {
    const auto was = known.find(target.id);
    if (was == known.end()) {
      diff.added.push_back(target.id);
      continue;
    }
    stays.insert(was->second->id);
    if (*was->second != target)
      diff.changed.push_back({target.id, differing(*was->second, target)});
  }
  for (const Target& target : before)
    if (!stays.contains(target.id)) diff.removed.push_back(target.id);
  return diff;
}

std::string TargetsDiff::summary() const {
  if (empty()) return "no target differs";
  return fmt::format("{} added, {} removed, {} changed", added.size(), removed.size(),
                     changed.size());
}

}  // namespace paceline
