// `topology supervisor FILE`: supervisord's configuration of a node, or of all on one machine.
#include <fmt/format.h>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "topology/supervisor.h"

namespace paceline::pacelinectl {

Outcome command_topology_supervisor(const Request& request, Environment& environment) {
  const std::string& file = request.arguments.empty() ? request.topology : request.arguments[0];
  const auto text = environment.read(file);
  if (!text) return failed(exit_usage, text.error().detail);
  const auto topology = parse_topology(*text, environment.absolute(file));
  if (!topology) return failed(exit_mistakes, topology.error().detail);
  std::vector<std::string> nodes;
  for (const Node& node : topology->nodes)
    if (request.node.empty() || node.name == request.node) nodes.push_back(node.name);
  if (nodes.empty()) return failed(exit_usage, fmt::format("{}: no node '{}'", file, request.node));
  const SupervisorOptions options{.bin_dir = request.bin_dir.empty()
                                                 ? environment.program_folder()
                                                 : environment.absolute(request.bin_dir),
                                  .topology = environment.absolute(file),
                                  .run_dir = {}};
  const std::string configuration = supervisor_groups(*topology, nodes, options);
  if (!request.json) return {.out = configuration};
  return {.out = supervisor_json(configuration, supervisor_folders(*topology, nodes, options))};
}

}  // namespace paceline::pacelinectl
