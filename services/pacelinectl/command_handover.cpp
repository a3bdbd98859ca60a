// `handover [NODE]`: asks the master, through the elector here, to hand over, and waits for the next one.
#include <fmt/format.h>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/order.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

// Why the master may have stayed, by what is known of those who could have followed it.
std::string stayed_because(const ElectionView& view, const ClusterFile& cluster,
                           const std::string& target) {
  std::string why;
  bool could_any = false;
  for (const Node& node : cluster.topology.nodes) {
    if (node.witness() || node.name == view.self.master) continue;
    if (!target.empty() && node.name != target) continue;
    const std::string unable = unable_text(view, node.name);
    could_any = could_any || unable.empty();
    if (!unable.empty()) why += "; " + unable;
  }
  if (could_any)
    why += "; it follows the wish of one node once in sixteen locks: ask again, or on its own host";
  return why;
}

}  // namespace

Outcome command_handover(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  ControlRequest question = request_of(Question::handover);
  std::string target;
  if (!request.arguments.empty()) {
    const Node* node = cluster->topology.node(request.arguments[0]);
    if (!node || node->witness())
      return failed(exit_usage, fmt::format("{}: {}", request.arguments[0],
                                            node ? "a witness, never master" : "no such node"));
    target = node->name;
    question.arguments.push_back(target);
  }
  const auto before = election_view(*cluster, environment);
  if (!before) return failed(exit_not_answered, before.error().detail);
  const auto body = ask_process(*cluster, "elector", 0, question, environment);
  if (!body) return failed(exit_not_answered, body.error().detail);
  const auto reply = decode<StatusReply>(*body);
  if (!reply) return failed(exit_not_answered, "elector answered, but " + reply.error().detail);
  auto fields = reply->fields;
  if (request.timeout_s == 0) {
    if (request.json) return {.out = texts_json(fields)};
    return {.out = "asked; see `pacelinectl election` for what comes of it\n"};
  }

  ElectionView view = *before;
  const ElectionMessage* former = master_of(*before);
  const auto awaited = await(request.timeout_s, environment, [&]() -> std::string {
    auto next = election_view(*cluster, environment);
    if (!next) return next.error().detail;
    view = *std::move(next);
    const ElectionMessage* master = master_of(view);
    if (master == nullptr) return "nobody is master yet";
    if (former == nullptr || master->term != former->term) return {};
    return fmt::format("{} still{}", mastership_text(view), stayed_because(view, *cluster, target));
  });
  const std::string after = readable_seconds(to_seconds(awaited.after));
  if (!awaited.obstacle.empty())
    return failed(exit_not_answered, fmt::format("after {} {}", after, awaited.obstacle));
  const ElectionMessage& master = *master_of(view);
  if (!target.empty() && master.node != target)
    return failed(exit_not_answered, fmt::format("{}, and not {}", mastership_text(view), target));
  fields.insert(fields.end(), {{"master", master.node},
                               {"term", std::to_string(master.term)},
                               {"after_s", fmt::format("{:.3f}", to_seconds(awaited.after))}});
  if (request.json) return {.out = texts_json(fields)};
  const std::string was = former == nullptr ? "" : fmt::format(" (it was {})", former->node);
  return {.out = fmt::format("{}, after {}{}\n", mastership_text(view), after, was)};
}

}  // namespace paceline::pacelinectl
