// `wait [NODE]`: until a node is well, for scripts that go from node to node; or paces by its file, or sees targets.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "services/pacelinectl/answers.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/input.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/order.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

std::string field_of(const StatusReply& reply, std::string_view name) {
  const auto found =
      std::ranges::find(reply.fields, name, &std::pair<std::string, std::string>::first);
  return found == reply.fields.end() ? "" : found->second;
}

/// What a node says of its targets file.
struct Published {
  std::string obstacle;  // Why it is not what is published; "" = it is,
  std::string master;    // or this one publishes in its place.
};

/// A node that does not publish has nothing to say, if another one is master: between two masters what was offered last still holds.
Published published_elsewhere(const ClusterFile& node, Environment& environment) {
  const auto view = election_view(node, environment);
  if (!view) return {view.error().detail, ""};
  const ElectionMessage* master = master_of(*view);
  if (master == nullptr) return {"nobody is master", ""};
  if (master->node == node.node) return {node.node + " is master and does not publish yet", ""};
  return {"", master->node};
}

Published published_by(const ClusterFile& node, Environment& environment) {
  const auto targets = load_targets(node, environment);
  if (!targets) return {targets.error().detail, ""};
  const auto body =
      ask_own_process(node, "publisher", 0, request_of(Question::status), environment);
  if (!body) return {body.error().detail, ""};
  const auto status = decode<StatusReply>(*body);
  if (!status) return {"publisher answered, but " + status.error().detail, ""};
  const std::string version = targets->version();
  if (const auto has = field_of(*status, "targets_version"); has != version)
    return {fmt::format("{} paces by {}, not by {}: try pacelinectl reload", node.node,
                        printable(has), version),
            ""};
  if (field_of(*status, "gate") != "open") return published_elsewhere(node, environment);
  if (field_of(*status, "accepted_version") == version) return {};
  return {
      fmt::format("the endpoint has accepted nothing of that from {} yet: {} {}", node.node,
                  printable(field_of(*status, "outcome")), printable(field_of(*status, "detail"))),
      ""};
}

/// The first of those of which its watch shows no statistics; "" = it has them of all.
std::string unseen_text(const ClusterFile& node, const std::vector<std::string>& ids,
                        Environment& environment) {
  const auto reply = ask_watch(node, "/api/v1/targets?limit=1000000", environment);
  if (!reply) return reply.error().detail;
  const auto answer = parse_targets_answer(reply->body);
  if (!answer) return "watch answered, but " + answer.error().detail;
  for (const std::string& id : ids) {
    const auto found = std::ranges::find(answer->targets, id, &TargetAnswer::id);
    if (found == answer->targets.end())
      return fmt::format("{} has no target {}", node.node, printable(id));
    if (found->quality == StatQuality::not_visible || found->quality == StatQuality::stale)
      return fmt::format("{} has no statistics of {}: {}", node.node, printable(id),
                         to_string(found->quality));
  }
  return {};
}

std::string said_of(const Request& request, const Node& node) {
  if (request.published) return "paces by its targets file";
  if (!request.targets.empty())
    return "sees " + fmt::format("{}", fmt::join(request.targets, ", "));
  return node.witness() ? "is heard" : "could be master or is";
}

}  // namespace

Outcome command_wait(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const std::string name = request.arguments.empty() ? cluster->node : request.arguments[0];
  const Node* node = cluster->topology.node(name);
  if (node == nullptr) return failed(exit_usage, name + ": no such node");
  ClusterFile asked = *cluster;
  asked.node = name;
  WellCheck check;
  Published published;
  const auto awaited = await(request.timeout_s, environment, [&]() -> std::string {
    std::string obstacle;
    if (request.published) {
      published = published_by(asked, environment);
      obstacle = published.obstacle;
    }
    if (obstacle.empty() && !request.targets.empty())
      obstacle = unseen_text(asked, request.targets, environment);
    if (request.published || !request.targets.empty()) return obstacle;
    return check.obstacle(*cluster, *node, environment);
  });
  const std::string after = readable_seconds(to_seconds(awaited.after));
  if (!awaited.obstacle.empty())
    return failed(exit_not_answered, fmt::format("after {} {}", after, awaited.obstacle));
  if (!given(request, "accepted").empty() && !published.master.empty())
    return failed(exit_not_answered, fmt::format("{} paces by its targets file, but {} is master",
                                                 name, printable(published.master)));
  if (request.json)
    return {.out = texts_json(
                {{{"node", name}, {"after_s", fmt::format("{:.3f}", to_seconds(awaited.after))}}})};
  return {.out = fmt::format("{} {}, after {}\n", name, said_of(request, *node), after)};
}

}  // namespace paceline::pacelinectl
