// `pause`, `resume`: no invitations at all, and again; waits until the endpoint has accepted it.
#include <fmt/format.h>

#include "services/pacelinectl/answers.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/order.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

Outcome order_pause(const Request& request, Environment& environment, bool wants_pause) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const auto body = ask_process(*cluster, "elector", 0,
                                wants_pause ? order_of("pause", reason_of(request.why, environment))
                                            : order_of("resume", environment.host().person()),
                                environment);
  if (!body) return failed(exit_not_answered, body.error().detail);
  const auto reply = decode<StatusReply>(*body);
  if (!reply) return failed(exit_not_answered, "elector answered, but " + reply.error().detail);
  if (request.timeout_s == 0) {
    if (request.json) return {.out = texts_json(reply->fields)};
    return {.out = "ordered; see `pacelinectl status` for what comes of it\n"};
  }

  StatusAnswer status;
  const auto awaited = await(request.timeout_s, environment, [&]() -> std::string {
    const auto answer = ask_watch(*cluster, "/api/v1/status", environment);
    if (!answer) return "whether it was published nobody tells: " + answer.error().detail;
    auto next = parse_status(answer->body);
    if (!next) return "watch answered, but " + next.error().detail;
    status = *std::move(next);
    return pause_obstacle(status, wants_pause);
  });
  const std::string after = readable_seconds(to_seconds(awaited.after));
  if (!awaited.obstacle.empty())
    return failed(exit_not_answered,
                  fmt::format("ordered and kept, but after {} {}", after, awaited.obstacle));
  auto fields = reply->fields;
  fields.insert(fields.end(), {{"master", status.master},
                               {"term", std::to_string(status.term)},
                               {"after_s", fmt::format("{:.3f}", to_seconds(awaited.after))}});
  if (request.json) return {.out = texts_json(fields)};
  const std::string accepted = fmt::format("the endpoint accepted it from {} in term {}, after {}",
                                           printable(status.master), status.term, after);
  if (!wants_pause) return {.out = fmt::format("resumed: {}\n{}", accepted, stored_text(*reply))};
  return {.out = fmt::format("paused ({}): nothing is allowed to any target; {}\n"
                             "it holds, over restarts too, until pacelinectl resume\n{}",
                             printable(status.paused), accepted, stored_text(*reply))};
}

}  // namespace

Outcome command_pause(const Request& request, Environment& environment) {
  return order_pause(request, environment, true);
}

Outcome command_resume(const Request& request, Environment& environment) {
  return order_pause(request, environment, false);
}

}  // namespace paceline::pacelinectl
