// `version`: of this program and of what it speaks.
#include <fmt/format.h>

#include "common/wire/messages.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"

namespace paceline::pacelinectl {

Outcome command_version(const Request& request, Environment&) {
  const std::string wire = std::to_string(wire_version);
  const std::vector<std::pair<std::string, std::string>> parts = {{"version", PACELINE_VERSION},
                                                                  {"wire_version", wire}};
  if (request.json) return {.out = texts_json(parts)};
  return {.out = fmt::format("paceline {}, wire version {}\n", PACELINE_VERSION, wire)};
}

}  // namespace paceline::pacelinectl
