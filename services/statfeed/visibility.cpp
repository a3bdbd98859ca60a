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

std::string name_of(const FigureSource& source) {
  if (!source.definition) return source.name;
  return source.definition->category + "/" + source.definition->subject + "/" +
         source.definition->main_mask;
}

// FNV-1a.
void add(std::uint64_t& mark, std::uint64_t part) {
  mark = ((mark == 0 ? 0xcbf29ce484222325 : mark) ^ part) * 0x100000001b3;
}

}  // namespace

Visibility visibility_of(const Ledger& ledger, const Roster& roster, const Mapping& mapping,
                         std::size_t most_names) {
  Visibility seen;
  std::array<std::size_t, figure_count> missing{};
  for (const auto slot : roster.order()) {
    const bool named = !ledger.visible(slot) && seen.targets++ < most_names;
    std::string lacks;
    for (std::uint32_t i = 0; i < figure_count; ++i) {
      const auto figure = static_cast<Figure>(i);
      const auto known = ledger.known(slot, figure);
      if (known == Ledger::Known::value || !mapping[figure].asked) continue;
      ++missing[i];
      ++seen.statistics;
      for (const std::uint64_t part :
           {std::uint64_t{slot}, std::uint64_t{i}, static_cast<std::uint64_t>(known)})
        add(seen.statistics_mark, part);
      if (!mapping[figure].needed) continue;
      add(seen.targets_mark, slot * figure_count + i);
      if (named) lacks += std::string{" "} + to_string(figure) + " (" + word(known) + ")";
    }
    if (named)
      seen.names += (seen.names.empty() ? "" : ", ") + roster.subject(slot).id + " lacks" + lacks;
  }
  if (seen.targets > most_names) seen.names += ", ...";
  for (std::uint32_t i = 0; i < figure_count; ++i)
    if (missing[i] > 0)
      seen.by_figure += (seen.by_figure.empty() ? "" : ", ") +
                        std::string{to_string(static_cast<Figure>(i))} + " " +
                        name_of(mapping.figures[i]) + " " + std::to_string(missing[i]);
  return seen;
}

std::vector<std::pair<std::string, std::string>> missing_statistics(const Ledger& ledger,
                                                                    const Roster& roster,
                                                                    const Mapping& mapping) {
  std::vector<std::pair<std::string, std::string>> missing;
  for (const auto slot : roster.order()) {
    const auto& subject = roster.subject(slot);
    for (std::uint32_t i = 0; i < figure_count; ++i) {
      const auto figure = static_cast<Figure>(i);
      const auto known = ledger.known(slot, figure);
      const auto& source = mapping[figure];
      if (known == Ledger::Known::value || !source.asked) continue;
      const auto wanted = request_for(mapping, subject, figure);
      missing.emplace_back(subject.id, std::string{to_string(figure)} + "\t" + word(known) + "\t" +
                                           wanted.object_type + "\t" + wanted.object_id + "\t" +
                                           (source.definition ? name_of(source) : wanted.name));
    }
  }
  return missing;
}

}  // namespace paceline::statfeed
