// `pause`, `resume`: no invitations at all, and again; waits until the endpoint has accepted it.
#include <fmt/format.h>

#include "services/pacelinectl/answers.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/order.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

/// What came of the order, as far as it is known.
struct Held {
  std::string master;
  std::uint64_t term = 0;
  std::string paused;
  bool is_accepted = false;  // By the endpoint; else the master says that it holds.
};

/// What is still in the way.
std::string look(const ClusterFile& cluster, bool wants_pause, Held& held,
                 Environment& environment) {
  const auto answer = ask_watch(cluster, "/api/v1/status", environment);
  if (answer) {
    const auto status = parse_status(answer->body);
    if (!status) return "watch answered, but " + status.error().detail;
    held = {status->master, status->term, status->paused, true};
    return pause_obstacle(*status, wants_pause);
  }
  const std::string nobody = "whether it was published nobody tells: " + answer.error().detail;
  if (!cluster.self().witness()) return nobody;
  const auto view = election_view(cluster, environment);
  if (!view) return nobody;
  if (const auto* master = master_of(*view))
    held = {master->node, master->term, master->pause, false};
  return held_obstacle(*view, wants_pause);
}

std::string held_text(const Held& held, const std::string& after) {
  if (held.is_accepted)
    return fmt::format("the endpoint accepted it from {} in term {}, after {}",
                       printable(held.master), held.term, after);
  return fmt::format(
      "{}, master in term {}, holds to it, after {}; whether the endpoint has accepted "
      "it is told on a node with a watch, not to this witness",
      printable(held.master), held.term, after);
}

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

  Held held;
  const auto awaited = await(request.timeout_s, environment,
                             [&] { return look(*cluster, wants_pause, held, environment); });
  const std::string after = readable_seconds(to_seconds(awaited.after));
  if (!awaited.obstacle.empty())
    return failed(exit_not_answered,
                  fmt::format("ordered and kept, but after {} {}", after, awaited.obstacle));
  auto fields = reply->fields;
  fields.insert(fields.end(), {{"master", held.master},
                               {"term", std::to_string(held.term)},
                               {"accepted", held.is_accepted ? "true" : "not known"},
                               {"after_s", fmt::format("{:.3f}", to_seconds(awaited.after))}});
  if (request.json) return {.out = texts_json(fields)};
  const std::string told = held_text(held, after);
  if (!wants_pause) return {.out = fmt::format("resumed: {}\n{}", told, stored_text(*reply))};
  return {.out = fmt::format("paused ({}): nothing is allowed to any target; {}\n"
                             "it holds, over restarts too, until pacelinectl resume\n{}",
                             printable(held.paused), told, stored_text(*reply))};
}

}  // namespace

Outcome command_pause(const Request& request, Environment& environment) {
  return order_pause(request, environment, true);
}

Outcome command_resume(const Request& request, Environment& environment) {
  return order_pause(request, environment, false);
}

}  // namespace paceline::pacelinectl
