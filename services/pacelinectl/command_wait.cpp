// `wait [NODE]`: until a node is well, for scripts that go from node to node.
#include <fmt/format.h>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/order.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {

Outcome command_wait(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const std::string name = request.arguments.empty() ? cluster->node : request.arguments[0];
  const Node* node = cluster->topology.node(name);
  if (node == nullptr) return failed(exit_usage, name + ": no such node");
  WellCheck check;
  const auto awaited = await(request.timeout_s, environment,
                             [&] { return check.obstacle(*cluster, *node, environment); });
  const std::string after = readable_seconds(to_seconds(awaited.after));
  if (!awaited.obstacle.empty())
    return failed(exit_not_answered, fmt::format("after {} {}", after, awaited.obstacle));
  if (request.json)
    return {.out = texts_json(
                {{{"node", name}, {"after_s", fmt::format("{:.3f}", to_seconds(awaited.after))}}})};
  return {.out = fmt::format("{} {}, after {}\n", name,
                             node->witness() ? "is heard" : "could be master or is", after)};
}

}  // namespace paceline::pacelinectl
