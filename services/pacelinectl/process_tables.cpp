#include "services/pacelinectl/process_tables.h"

#include <algorithm>
#include <optional>

#include "services/elector/config.h"
#include "services/pacer/config.h"
#include "services/publisher/config.h"
#include "services/statfeed/config.h"
#include "services/watch/config.h"

namespace paceline::pacelinectl {
namespace {

template <class Config>
std::optional<Error> error_of(Result<Config> (*parse)(Place&), Place& place) {
  const auto config = parse(place);
  if (config) return std::nullopt;
  return config.error();
}

std::optional<Error> error_of_process(Place& place) {
  if (place.process == "statfeed") return error_of(statfeed::parse_statfeed_config, place);
  if (place.process == "pacer") return error_of(pacer::parse_pacer_config, place);
  if (place.process == "elector") return error_of(elector::parse_elector_config, place);
  if (place.process == "publisher") return error_of(publisher::parse_publisher_config, place);
  if (place.process == "watch") return error_of(watch::parse_watch_config, place);
  return std::nullopt;
}

}  // namespace

std::vector<Mistake> check_process_tables(std::string_view text, std::string_view file) {
  std::vector<Mistake> found;
  const auto topology = parse_topology(text, file);
  if (!topology) return found;
  for (const Node& node : topology->nodes)
    for (const auto& [process, count] : topology->processes(node)) {
      auto place = parse_place(text, file, node.name, process, 0);
      const auto error = place ? error_of_process(*place) : place.error();
      if (!error) continue;
      Mistake mistake{.where = error->location.value_or(Location{.file = std::string{file}}),
                      .what = std::string{error->reason()}};
      if (std::ranges::find(found, mistake) == found.end()) found.push_back(std::move(mistake));
    }
  std::ranges::stable_sort(found, {}, [](const Mistake& mistake) {
    return std::pair{mistake.where.line, mistake.where.column};
  });
  return found;
}

std::vector<Mistake> check_whole_topology(std::string_view text, std::string_view file,
                                          std::string_view supervisor) {
  auto mistakes = check_topology(text, file, supervisor);
  if (mistakes.empty()) mistakes = check_process_tables(text, file);
  return mistakes;
}

}  // namespace paceline::pacelinectl
