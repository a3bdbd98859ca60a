// `top`: the cluster and its targets, live, until q.
#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/top_view.h"

namespace paceline::pacelinectl {
namespace {

constexpr double default_interval_s = 1;

struct Seen {
  StatusAnswer status;
  TargetsAnswer targets;
};

Result<Seen> look(const ClusterFile& cluster, const TopView& view, Screen::Size size,
                  Environment& environment) {
  Seen seen;
  seen.status = TRY(parse_status(TRY(ask_watch(cluster, "/api/v1/status", environment)).body));
  seen.targets = TRY(parse_targets_answer(
      TRY(ask_watch(cluster, top_query(view, size, seen.status.nodes.size()), environment)).body));
  return seen;
}

}  // namespace

Outcome command_top(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  if (request.json)
    return failed(exit_usage, "top is for people; status --json and targets --json are not");
  TopView view;
  auto seen = look(*cluster, view, {}, environment);
  if (!seen) return failed(exit_not_answered, seen.error().detail);
  const auto screen = environment.screen();
  if (!screen) return failed(exit_usage, "top needs a terminal; status and targets do without one");
  const Duration interval =
      from_seconds(request.seconds > 0 ? request.seconds : default_interval_s);
  std::string problem;
  for (;;) {
    auto next = look(*cluster, view, screen->size(), environment);
    problem = next ? "" : next.error().detail;  // What was seen before stays on the screen.
    if (next) seen = std::move(next);
    screen->show(top_frame(view, seen->status, seen->targets, problem,
                           format_utc(environment.wall()), screen->size(), request.colour));
    const KeyPress press = screen->wait(interval);
    if (!top_key(view, press)) return {};
  }
}

}  // namespace paceline::pacelinectl
