// `targets check FILE`: every mistake of a targets file, with its line.
#include <fmt/format.h>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "topology/check.h"

namespace paceline {

Outcome command_targets_check(const Request& request, Reach& reach) {
  const std::string& file = request.words[0];
  const auto text = reach.read(file);
  if (!text) return failed(exit_usage, text.error().detail);
  const auto mistakes = check_targets(*text, file);
  const int exit = mistakes.empty() ? exit_fine : exit_mistakes;
  if (request.json) return {.exit = exit, .out = mistakes_json(file, mistakes)};
  std::string out;
  for (const Mistake& mistake : mistakes) out += mistake.where + ": " + mistake.what + "\n";
  if (mistakes.empty())
    out = fmt::format("{}: good, {} targets\n", file, parse_targets(*text, file)->all.size());
  return {.exit = exit, .out = out};
}

}  // namespace paceline
