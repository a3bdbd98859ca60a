// `targets`: every pacing target with what it was granted and why. From any node's watch.
#include <fmt/format.h>

#include "common/base/url.h"
#include "services/pacelinectl/answers.h"
#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/table.h"

namespace paceline::pacelinectl {
namespace {

std::string path(const Request& request) {
  std::string path = "/api/v1/targets?";
  bool limited = false;
  for (const auto& [name, value] : request.filters) {
    path += fmt::format("{}={}&", name, percent_encoded(value));
    limited = limited || name == "limit";
  }
  return path + (limited ? "" : "limit=1000000");
}

std::string percent(double share) {
  return fmt::format("{:.1f}", 100 * share);
}

// Interactions, of those that agents may hold.
std::string held(const TargetAnswer& target) {
  const auto number = [](std::int32_t value, std::int32_t unknown) {
    return value == unknown ? "-" : std::to_string(value);
  };
  if (target.in_handling < 0 && target.slots == 0) return "-";
  return number(target.in_handling, -1) + "/" + number(target.slots, 0);
}

}  // namespace

Outcome command_targets(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const auto reply = ask_watch(*cluster, path(request), environment);
  if (!reply) return failed(exit_not_answered, reply.error().detail);
  const auto answer = parse_targets_answer(reply->body);
  if (!answer) return failed(exit_not_answered, "watch answered, but " + answer.error().detail);
  if (request.json) return {.out = reply->body + "\n"};
  if (request.ids) {
    std::string ids;
    for (const TargetAnswer& target : answer->targets) ids += printable(target.id) + "\n";
    return {.out = ids};
  }
  TextTable table{{"TARGET", "CHANNEL", "STATE", "REASON", ">GRANTED", ">PENDING", ">AGENTS",
                   ">READY", ">BUSY", ">HELD", ">QUEUE", ">ACCEPT %", ">ABANDON %", ">GOAL %"}};
  for (const TargetAnswer& target : answer->targets) {
    const TargetPace& pace = target.pace;
    table.add({printable(target.id), printable(target.channel),
               coloured(to_string(pace.state),
                        pace.state == PaceState::stale      ? Colour::bad
                        : pace.state == PaceState::degraded ? Colour::warn
                                                            : Colour::none,
                        request.colour),
               to_string(pace.reason),
               coloured(std::to_string(pace.proactive),
                        pace.proactive > 0 ? Colour::good : Colour::none, request.colour),
               std::to_string(pace.pending), std::to_string(pace.logged_in),
               std::to_string(pace.ready), std::to_string(pace.busy), held(target),
               std::to_string(pace.in_queue), percent(pace.acceptance), percent(pace.abandonment),
               std::to_string(pace.goal)});
  }
  return {.out = table.text() +
                 fmt::format("{} of {} targets\n", answer->targets.size(), answer->total)};
}

}  // namespace paceline::pacelinectl
