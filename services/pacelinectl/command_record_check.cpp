// `record check FILE`: what a recorded feed holds, and where it is damaged.
#include <fmt/format.h>

#include <array>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/statfeed/feed_file.h"

namespace paceline::pacelinectl {

Outcome command_record_check(const Request& request, Environment& environment) {
  const std::string& file = request.arguments[0];
  const auto view = environment.map(file);
  if (!view) return failed(exit_usage, view.error().detail);
  auto reader = statfeed::FeedReader::open(view->bytes);
  if (!reader) return failed(exit_mistakes, file + ": " + reader.error().detail);
  std::size_t targets = 0;
  std::array<std::uint64_t, 2> readings{};
  Duration length{};
  std::string damage;
  for (;;) {
    const auto record = reader->next();
    if (!record) damage = record.error().detail;
    if (!record || !*record) break;
    length = (*record)->at;
    targets = std::max(targets, (*record)->targets.size());
    readings[static_cast<std::size_t>((*record)->server)] += (*record)->updates.size();
  }
  std::vector<std::pair<std::string, std::string>> told = {
      {"file", file},
      {"length", format_duration(std::chrono::floor<std::chrono::seconds>(length))},
      {"targets", std::to_string(targets)},
      {"readings_primary", std::to_string(readings[0])},
      {"readings_backup", std::to_string(readings[1])},
      {"bytes", std::to_string(view->bytes.size())},
      {"damage", damage.empty() ? "none" : damage}};
  Outcome outcome{.exit = damage.empty() ? exit_fine : exit_mistakes};
  if (request.json) {
    outcome.out = texts_json(told);
    return outcome;
  }
  for (const auto& [name, value] : told) outcome.out += fmt::format("{:<17} {}\n", name, value);
  return outcome;
}

}  // namespace paceline::pacelinectl
