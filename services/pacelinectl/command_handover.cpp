// `handover [NODE]`: asks the master, through the elector here, to hand over.
#include <fmt/format.h>

#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {

Outcome command_handover(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  ControlRequest question = request_of(Question::handover);
  if (!request.arguments.empty()) {
    const Node* target = cluster->topology.node(request.arguments[0]);
    if (!target || target->witness())
      return failed(exit_usage, fmt::format("{}: {}", request.arguments[0],
                                            target ? "a witness, never master" : "no such node"));
    question.arguments.push_back(target->name);
  }
  const auto body = ask_process(*cluster, "elector", 0, question, environment);
  if (!body) return failed(exit_not_answered, body.error().detail);
  const auto reply = decode<StatusReply>(*body);
  if (!reply) return failed(exit_not_answered, "elector answered, but " + reply.error().detail);
  if (request.json) return {.out = texts_json(reply->fields)};
  std::string text;
  for (const auto& [name, value] : reply->fields)
    text += fmt::format("{}: {}\n", printable(name), printable(value));
  return {.out = text + "see `pacelinectl election` for what came of it\n"};
}

}  // namespace paceline::pacelinectl
