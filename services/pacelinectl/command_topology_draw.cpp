// `topology draw FILE`: who talks to whom.
#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "topology/draw.h"

namespace paceline::pacelinectl {

Outcome command_topology_draw(const Request& request, Environment& environment) {
  const auto opened = open_topology(request, environment);
  if (!opened) return opened.error();
  return {.out = request.json ? topology_json(opened->topology) : draw_topology(opened->topology)};
}

}  // namespace paceline::pacelinectl
