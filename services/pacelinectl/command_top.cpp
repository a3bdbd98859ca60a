// `top`: the cluster and its targets, live, until q.
#include <fmt/format.h>

#include "services/pacelinectl/cells.h"
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

/// The clusters that were named: one is shown, of the others what is worst.
class Shown {
 public:
  Result<void> load(const Request& request, Environment& environment) {
    for (const Request& cell : cells_of(request))
      clusters_.push_back(TRY(load_cluster(cell, environment)));
    return {};
  }
  const ClusterFile& now() const { return clusters_[at_]; }
  std::size_t size() const { return clusters_.size(); }
  void next() { at_ = (at_ + 1) % clusters_.size(); }

  /// "south: no watch answers", of the one that is shown; where there are no others without its name.
  std::string problem(const std::string& why) const {
    return size() == 1 ? why : name_of(clusters_[at_]) + ": " + why;
  }

  /// "south: nobody is master"; "" = all others do well.
  std::string of_others(Environment& environment) const {
    std::string text;
    for (std::size_t i = 0; i < clusters_.size(); ++i) {
      if (i == at_) continue;
      const auto reply = ask_watch(clusters_[i], "/api/v1/status", environment);
      const auto status = reply ? parse_status(reply->body) : tl::unexpected{reply.error()};
      if (status && status->causes.empty()) continue;
      text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", name_of(clusters_[i]),
                          status ? status->causes.front().cause : status.error().detail);
    }
    return text;
  }

 private:
  static const std::string& name_of(const ClusterFile& cluster) {
    return cluster.remote ? cluster.remote->url : cluster.topology.cluster;
  }

  std::vector<ClusterFile> clusters_;
  std::size_t at_ = 0;
};

}  // namespace

Outcome command_top(const Request& request, Environment& environment) {
  Shown shown;
  if (const auto loaded = shown.load(request, environment); !loaded)
    return failed(exit_of(loaded.error()), loaded.error().detail);
  if (request.json)
    return failed(exit_usage, "top is for people; status --json and targets --json are not");
  TopView view;
  auto seen = look(shown.now(), view, {}, environment);
  for (std::size_t i = 1; i < shown.size() && !seen; ++i) {
    shown.next();
    seen = look(shown.now(), view, {}, environment);
  }
  if (!seen) return failed(exit_not_answered, shown.problem(seen.error().detail));
  const auto screen = environment.screen();
  if (!screen) return failed(exit_usage, "top needs a terminal; status and targets do without one");
  const Duration interval =
      from_seconds(request.seconds > 0 ? request.seconds : default_interval_s);
  std::string problem;
  for (;;) {
    auto next = look(shown.now(), view, screen->size(), environment);
    problem = next ? shown.of_others(environment) : shown.problem(next.error().detail);
    if (next) seen = std::move(next);  // Else what was seen before stays on the screen.
    screen->show(top_frame(view, seen->status, seen->targets, problem,
                           format_utc(environment.wall()), screen->size(), request.colour));
    const KeyPress press = screen->wait(interval);
    const bool is_next = press.key == KeyPress::Key::character && press.character == 'c';
    if (is_next && !view.typing && shown.size() > 1) {
      shown.next();
      view.offset = 0;
    } else if (!top_key(view, press)) {
      return {};
    }
  }
}

}  // namespace paceline::pacelinectl
