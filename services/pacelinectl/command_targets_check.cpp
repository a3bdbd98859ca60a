// `targets check FILE`: every mistake of a targets file, with its line.
#include <fmt/format.h>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/target_sets.h"

namespace paceline::pacelinectl {

Outcome command_targets_check(const Request& request, Environment& environment) {
  const std::string& file = request.arguments[0];
  const auto read = read_targets_file(file, request, environment);
  if (read.outcome.exit != exit_fine) return read.outcome;
  if (request.json) return {.out = mistakes_json(file, {})};
  return {.out = fmt::format("{}: good, {} targets\n", file, read.targets.all.size())};
}

}  // namespace paceline::pacelinectl
