#include "services/watch/pull_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace paceline::watch {
namespace {

Result<std::vector<const TargetRow*>> rows_of(const TargetTable& targets,
                                              std::string_view media_channel,
                                              std::span<const std::string> groups) {
  std::vector<const TargetRow*> rows;
  std::vector<bool> found(groups.size());
  bool channel_exists = false;
  for (std::uint32_t i = 0; i < targets.size(); ++i) {
    const auto& row = targets.row(i);
    if (row.name->media_channel != media_channel) continue;
    channel_exists = true;
    bool asked = groups.empty();
    for (std::size_t group = 0; group < groups.size(); ++group)
      if (row.name->group == groups[group] || row.name->id == groups[group])
        asked = found[group] = true;
    if (asked) rows.push_back(&row);
  }
  if (!channel_exists)
    return fail(Errc::not_found, fmt::format("no target works the channel '{}'", media_channel));
  const auto missing = std::ranges::find(found, false);
  if (missing != found.end())
    return fail(
        Errc::not_found,
        fmt::format("no group '{}' on the channel '{}'",
                    groups[static_cast<std::size_t>(missing - found.begin())], media_channel));
  return rows;
}

}  // namespace

Result<double> reactive_state(const TargetTable& targets, std::string_view media_channel,
                              std::span<const std::string> groups) {
  const auto rows = TRY(rows_of(targets, media_channel, groups));
  double weights = 0;
  double sum = 0;
  bool any_dual = false;
  for (const auto* row : rows) {
    if (!is_dual(row->name->options.algorithm)) continue;
    any_dual = true;
    if (!row->has_pace || row->pace.state == PaceState::stale ||
        row->pace.state == PaceState::disabled)
      continue;
    const double weight = 1.0 + static_cast<double>(row->stat.entered);
    weights += weight;
    sum += weight * std::clamp(row->pace.reactive_state, 0.0, 1.0);
  }
  if (!any_dual)
    return fail("reactiveState needs a _DUAL algorithm, and none of these groups has one");
  if (weights <= 0) return fail(Errc::unavailable, "nothing fresh is known of these groups");
  return sum / weights;
}

Result<std::int64_t> channel_capacity(const TargetTable& targets, std::string_view media_channel,
                                      std::span<const std::string> groups) {
  auto rows = TRY(rows_of(targets, media_channel, groups));
  std::erase_if(rows, [](const TargetRow* row) {
    return !row->has_stat || row->stat.quality < StatQuality::provisional;
  });
  if (rows.empty()) return fail(Errc::unavailable, "nothing fresh is known of these groups");
  std::unordered_map<std::uint32_t, int> told_by;  // Of each set of agents: how many of these rows.
  for (const auto* row : rows)
    for (const AgentPart& part : row->name->parts) ++told_by[part.set];
  double ready = 0;
  for (const auto* row : rows) {
    double counted = row->name->parts.empty() ? 1 : 0;
    for (const AgentPart& part : row->name->parts) counted += part.share / told_by[part.set];
    ready += counted * std::max(0, row->stat.ready);
  }
  return std::llround(ready);
}

}  // namespace paceline::watch
