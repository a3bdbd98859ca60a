// `topology diff FILE`, `topology import FILE`, `topology rollback`: another topology file, on this host or on all.
#include <fmt/format.h>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/offered_topology.h"
#include "services/pacelinectl/target_sets.h"

namespace paceline::pacelinectl {

Outcome command_topology_diff(const Request& request, Environment& environment) {
  const auto offered = open_offered(request, request.arguments[0], environment);
  return offered ? told(request, *offered, environment) : offered.error();
}

Outcome command_topology_import(const Request& request, Environment& environment) {
  const auto offered = open_offered(request, request.arguments[0], environment);
  return offered ? import_offered(request, *offered, environment) : offered.error();
}

Outcome command_topology_rollback(const Request& request, Environment& environment) {
  const std::string kept = replaced_name(request.topology);
  const auto text = environment.read(kept);
  if (!text)
    return failed(exit_usage, fmt::format("nothing to go back to: {}", text.error().detail));
  Request again = request;
  again.arguments = {kept};
  return command_topology_import(again, environment);
}

}  // namespace paceline::pacelinectl
