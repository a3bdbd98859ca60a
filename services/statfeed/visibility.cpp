#include "services/statfeed/visibility.h"

#include <array>

namespace paceline::statfeed {
namespace {

const char* word(Ledger::Known known) {
  switch (known) {
    case Ledger::Known::unheard:
      return "unheard";
    case Ledger::Known::value:
      return "known";
    case Ledger::Known::invalid:
      return "invalid";
    case Ledger::Known::unseen:
      return "unknown";
  }
  return "";
}

std::string name_of(const MappedStatistic& mapped) {
  if (!mapped.definition) return mapped.name;
  return mapped.definition->category + "/" + mapped.definition->subject + "/" +
         mapped.definition->main_mask;
}

// FNV-1a.
void add(std::uint64_t& mark, std::uint64_t part) {
  mark = ((mark == 0 ? 0xcbf29ce484222325 : mark) ^ part) * 0x100000001b3;
}

}  // namespace

Visibility visibility_of(const Ledger& ledger, const TargetsIndex& targets_index,
                         const Mapping& mapping, std::size_t most_names) {
  Visibility seen;
  std::array<std::size_t, statistic_kind_count> missing{};
  for (const auto slot : targets_index.order()) {
    const bool named = !ledger.visible(slot) && seen.targets++ < most_names;
    std::string lacks;
    for (std::uint32_t i = 0; i < statistic_kind_count; ++i) {
      const auto kind = static_cast<StatisticKind>(i);
      const auto known = ledger.known(slot, kind);
      if (known == Ledger::Known::value || !mapping[kind].asked) continue;
      ++missing[i];
      ++seen.statistics;
      for (const std::uint64_t part :
           {std::uint64_t{slot}, std::uint64_t{i}, static_cast<std::uint64_t>(known)})
        add(seen.statistics_mark, part);
      if (!mapping[kind].needed) continue;
      add(seen.targets_mark, slot * statistic_kind_count + i);
      if (named) lacks += std::string{" "} + to_string(kind) + " (" + word(known) + ")";
    }
    if (named)
      seen.names +=
          (seen.names.empty() ? "" : ", ") + targets_index.target(slot).id + " lacks" + lacks;
  }
  if (seen.targets > most_names) seen.names += ", ...";
  for (std::uint32_t i = 0; i < statistic_kind_count; ++i)
    if (missing[i] > 0)
      seen.by_kind += (seen.by_kind.empty() ? "" : ", ") +
                      std::string{to_string(static_cast<StatisticKind>(i))} + " " +
                      name_of(mapping.statistics[i]) + " " + std::to_string(missing[i]);
  return seen;
}

std::vector<std::pair<std::string, std::string>> missing_statistics(
    const Ledger& ledger, const TargetsIndex& targets_index, const Mapping& mapping) {
  std::vector<std::pair<std::string, std::string>> missing;
  for (const auto slot : targets_index.order()) {
    const auto& target = targets_index.target(slot);
    for (std::uint32_t i = 0; i < statistic_kind_count; ++i) {
      const auto kind = static_cast<StatisticKind>(i);
      const auto known = ledger.known(slot, kind);
      const auto& mapped = mapping[kind];
      if (known == Ledger::Known::value || !mapped.asked) continue;
      const auto wanted = request_for(mapping, target, kind);
      missing.emplace_back(target.id, std::string{to_string(kind)} + "\t" + word(known) + "\t" +
                                          wanted.object_type + "\t" + wanted.object_id + "\t" +
                                          (mapped.definition ? name_of(mapped) : wanted.name));
    }
  }
  return missing;
}

VisibilityReport::Outcome VisibilityReport::step(const Visibility& seen) {
  Outcome outcome;
  if (std::exchange(before_, seen.statistics_mark) != seen.statistics_mark) return outcome;
  if (std::exchange(statistics_told_, seen.statistics_mark) != seen.statistics_mark)
    outcome.statistics_missing = seen.statistics > 0;
  if (std::exchange(targets_told_, seen.targets_mark) == seen.targets_mark) return outcome;
  outcome.targets_missing = seen.targets > 0;
  outcome.targets_complete = !outcome.targets_missing && said_missing_;
  said_missing_ = outcome.targets_missing;
  return outcome;
}

}  // namespace paceline::statfeed
