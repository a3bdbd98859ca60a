// `topology draw FILE`: who talks to whom.
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "topology/draw.h"

namespace paceline::pacelinectl {

Outcome command_topology_draw(const Request& request, Environment& environment) {
  const std::string& file = request.arguments.empty() ? request.topology : request.arguments[0];
  const auto text = environment.read(file);
  if (!text) return failed(exit_usage, text.error().detail);
  const auto topology = parse_topology(*text, environment.absolute(file));
  if (!topology) return failed(exit_mistakes, topology.error().detail);
  return {.out = request.json ? topology_json(*topology) : draw_topology(*topology)};
}

}  // namespace paceline::pacelinectl
