// `check`: all that can be known of our node, before the start and while it runs, as one list. CHECK.md has what each line means.
#include <fmt/format.h>

#include "services/pacelinectl/check_files.h"
#include "services/pacelinectl/check_network.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/key_check.h"
#include "topology/check.h"

namespace paceline::pacelinectl {
namespace {

constexpr int exit_not_all_well = 1;  // Warnings, or what could not be asked.

int exit_for(CheckState state) {
  switch (state) {
    case CheckState::ok:
      return exit_fine;
    case CheckState::unknown:
    case CheckState::warning:
      return exit_not_all_well;
    case CheckState::critical:
      return exit_mistakes;
  }
  return exit_mistakes;
}

Outcome told(const Request& request, const CheckList& list, std::string_view subject) {
  if (request.plugin) return {.exit = list.plugin_exit(), .out = list.plugin(subject)};
  return {.exit = exit_for(list.worst()),
          .out = request.json ? list.json() : list.text(request.colour)};
}

/// Before its start a node has no socket; the private key that is here tells whose host this is.
Request with_node_of_host(Request request, const Topology& topology, Environment& environment) {
  if (!request.node.empty()) return request;
  const auto owners = nodes_with_secret(topology, environment);
  if (owners.size() == 1) request.node = owners.front()->name;
  return request;
}

void check_whole_node(CheckContext& context) {
  check_settings(context);
  check_targets_file(context);
  check_key_files(context);
  check_secrets(context);
  check_certificates(context);
  check_state(context);
  check_group(context);
  check_limits(context);
  if (context.request.offline) return;
  const RunningFacts running = ask_running(context);
  check_ports(context, running);
  check_processes(context, running);
  check_nodes(context, running);
  check_peers(context);
  check_clocks(context, running);
  check_outside(context, check_statfeed(context, running));
}

}  // namespace

Outcome command_check(const Request& request, Environment& environment) {
  CheckList list;
  const std::string file = environment.absolute(request.topology);
  const auto text = environment.read(request.topology);
  if (!text) {
    if (!request.plugin) return failed(exit_usage, text.error().detail);
    list.unknown("topology", text.error().detail, "name the topology file by --topology");
    return told(request, list, request.topology);
  }
  for (const Mistake& mistake : check_topology(*text, file))
    list.critical("topology", mistake.text(), "mend the topology file; all else waits for it");
  if (list.worst() != CheckState::ok) return told(request, list, request.topology);

  const auto topology = parse_topology(*text, file);
  const auto cluster =
      topology ? load_cluster(with_node_of_host(request, *topology, environment), environment)
               : tl::unexpected{topology.error()};
  if (!cluster) {
    if (!request.plugin) return failed(exit_of(cluster.error()), cluster.error().detail);
    list.unknown("topology", cluster.error().detail, "name the node of this host by --node");
    return told(request, list, request.topology);
  }
  const Node& self = cluster->self();
  list.ok("topology", fmt::format("{}: cluster {}, {} nodes; this is {} {}, {}", file,
                                  cluster->topology.cluster, cluster->topology.nodes.size(),
                                  self.witness() ? "witness" : "node", self.name, self.host));
  CheckContext context{.request = request,
                       .environment = environment,
                       .cluster = *cluster,
                       .settings = node_settings(*cluster),
                       .list = list};
  check_whole_node(context);
  return told(request, list, fmt::format("{} {}", cluster->topology.cluster, self.name));
}

}  // namespace paceline::pacelinectl
