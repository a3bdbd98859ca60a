// `drain [NODE]`, `undrain [NODE]`: takes a node of this host out of service, and back.
#include <fmt/format.h>

#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/order.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

// Of that node's own elector.
Result<ElectionView> own_view(const ClusterFile& there, Environment& environment) {
  auto view = decode<ElectionView>(
      TRY(ask_own_process(there, "elector", 0, request_of(Question::election), environment)));
  if (!view) return fail(Errc::unavailable, "elector answered, but " + view.error().detail);
  return view;
}

bool stands_aside(ElectorRole role) {
  return role == ElectorRole::observer || role == ElectorRole::starting;
}

std::string drain_obstacle(const ElectionView& view, bool anyway) {
  if (!stands_aside(view.self.role))
    return fmt::format("{} is {} still, and waits for its publisher to stop",
                       printable(view.self.node), to_string(view.self.role));
  if (master_of(view) == nullptr && !anyway) return "nobody is master yet";
  return {};
}

std::string undrain_obstacle(const ElectionView& view) {
  if (!stands_aside(view.self.role)) return {};
  return fmt::format("{} is back in service, but does not stand for mastership: {}",
                     printable(view.self.node), printable(view.self.why));
}

// One order to one elector, and what that elector says of itself from then on.
struct Order {
  ControlRequest question;
  std::function<std::string(const ElectionView&)> obstacle;
  std::string done;  // "is in maintenance (disks): it votes and is not master"
};

Outcome carry_out(const Order& order, const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const auto there = node_to_order(request, *cluster);
  if (!there) return there.error();
  const auto body = ask_own_process(*there, "elector", 0, order.question, environment);
  if (!body)
    return failed(exit_not_answered, fmt::format("{}: {}", there->node, body.error().detail));
  const auto reply = decode<StatusReply>(*body);
  if (!reply) return failed(exit_not_answered, "elector answered, but " + reply.error().detail);
  Fields fields = reply->fields;
  fields.emplace(fields.begin(), "node", there->node);
  if (request.timeout_s == 0) {
    if (request.json) return {.out = texts_json(fields)};
    return {.out = "ordered; see `pacelinectl election` for what comes of it\n"};
  }

  ElectionView view;
  const auto awaited = await(request.timeout_s, environment, [&]() -> std::string {
    auto next = own_view(*there, environment);
    if (!next) return next.error().detail;
    view = *std::move(next);
    return order.obstacle(view);
  });
  const std::string after = readable_seconds(to_seconds(awaited.after));
  if (!awaited.obstacle.empty())
    return failed(exit_not_answered,
                  fmt::format("ordered and kept, but after {} {}", after, awaited.obstacle));
  const ElectionMessage* master = master_of(view);
  fields.insert(fields.end(), {{"master", master ? master->node : ""},
                               {"term", std::to_string(view.self.term)},
                               {"after_s", fmt::format("{:.3f}", to_seconds(awaited.after))}});
  if (request.json) return {.out = texts_json(fields)};
  return {.out = fmt::format("{} {}, after {}; {}\n{}", there->node, order.done, after,
                             mastership_text(view), stored_text(*reply))};
}

}  // namespace

Outcome command_drain(const Request& request, Environment& environment) {
  const std::string why = reason_of(request.why, environment);
  return carry_out(
      {.question = order_of(request.force ? "drain_anyway" : "drain", why),
       .obstacle = [&](const auto& view) { return drain_obstacle(view, request.force); },
       .done = fmt::format("is in maintenance ({}) until pacelinectl undrain", printable(why))},
      request, environment);
}

Outcome command_undrain(const Request& request, Environment& environment) {
  return carry_out({.question = order_of("undrain", environment.host().person()),
                    .obstacle = undrain_obstacle,
                    .done = "is back in service"},
                   request, environment);
}

}  // namespace paceline::pacelinectl
