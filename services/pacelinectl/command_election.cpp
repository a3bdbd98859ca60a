// `election`: what an elector and its peers believe, and its last transitions with their reasons.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "services/pacelinectl/cluster_file.h"
#include "services/pacelinectl/commands.h"
#include "services/pacelinectl/json.h"
#include "services/pacelinectl/table.h"
#include "services/pacelinectl/target_sets.h"

namespace paceline::pacelinectl {
namespace {

constexpr std::size_t shown_transitions = 20;

std::string time_text(std::int64_t wall_ms) {
  return wall_ms == 0 ? "-" : utc_text(wall_ms);
}

/// Whom this elector heard, and how long ago.
std::string hears(const ElectionMessage& elector) {
  std::vector<std::string> peers;
  for (const PeerSeen& peer : elector.seen)
    peers.push_back(peer.ms < 0 ? printable(peer.node) + " never"
                                : fmt::format("{} {} ms ago", printable(peer.node), peer.ms));
  return fmt::format("{}", fmt::join(peers, ", "));
}

/// By how much a peer's wall clock was ahead of the asked elector's when it spoke last.
std::string clock_text(const ElectionView& view, std::size_t peer) {
  const ElectionMessage& said = view.peers[peer];
  if (said.wall_ms == 0 || view.self.wall_ms == 0 || peer >= view.peer_age_s.size()) return "-";
  const double ours = static_cast<double>(view.self.wall_ms) - view.peer_age_s[peer] * 1e3;
  return fmt::format("{:+.0f} ms", static_cast<double>(said.wall_ms) - ours);
}

/// What somebody has to mend.
std::string warnings(const ElectionView& view) {
  std::string text;
  if ((view.self.term >> 8) > most_elections_apart)
    text += fmt::format(
        "terms_running_out: term {} of at most {}; give the cluster another name: "
        "pacelinectl topology rename NEW-NAME\n",
        view.self.term, largest_term);
  if (!view.self.pause.empty())
    text += fmt::format("paused since {}: {}\n",
                        utc_text(static_cast<std::int64_t>(view.self.pause_ms)),
                        printable(view.self.pause));
  const auto tell_maintenance = [&](const ElectionMessage& node) {
    if (!node.maintenance.empty())
      text += fmt::format("{} is in maintenance: {}\n", printable(node.node),
                          printable(node.maintenance));
  };
  tell_maintenance(view.self);
  std::ranges::for_each(view.peers, tell_maintenance);
  const auto apart = nodes_apart(view);
  return text + apart + (apart.empty() ? "" : "see pacelinectl targets diff, on each of them\n");
}

/// Who is master since when and why, as far as the asked elector knows, and who sees it otherwise.
std::string headline(const ElectionView& view) {
  const std::string& master = view.self.master;
  if (master.empty()) return fmt::format("master: nobody, says {}\n", printable(view.self.node));
  const ElectionMessage* told = view.self.node == master ? &view.self : nullptr;
  std::string others;
  for (const ElectionMessage& peer : view.peers) {
    if (peer.node == master) told = &peer;
    if (peer.master == master) continue;
    others += fmt::format("{} holds {} to be master\n", printable(peer.node),
                          peer.master.empty() ? "nobody" : printable(peer.master));
  }
  const auto since = time_text(static_cast<std::int64_t>(view.self.master_since_ms));
  return fmt::format("master: {} since {}, term {}{}\n{}", printable(master), since,
                     told ? told->term : view.self.term,
                     told && !told->why.empty() ? ": " + printable(told->why) : "", others);
}

}  // namespace

Outcome command_election(const Request& request, Environment& environment) {
  const auto cluster = load_cluster(request, environment);
  if (!cluster) return failed(exit_of(cluster.error()), cluster.error().detail);
  const auto body =
      ask_process(*cluster, "elector", 0, request_of(Question::election), environment);
  if (!body) return failed(exit_not_answered, body.error().detail);
  const auto view = decode<ElectionView>(*body);
  if (!view) return failed(exit_not_answered, "elector answered, but " + view.error().detail);
  if (request.json) return {.out = election_json(*view)};
  TextTable electors{{"NODE", "ROLE", ">TERM", ">PRIORITY", ">HEALTH TIER", "HOLDS TO BE MASTER",
                      "SINCE", ">HEARD AGO", ">CLOCK AHEAD", "HEARS", "WHY"}};
  const auto add = [&](const ElectionMessage& elector, const std::string& ago,
                       const std::string& clock) {
    electors.add({printable(elector.node), to_string(elector.role), std::to_string(elector.term),
                  std::to_string(elector.priority), std::to_string(elector.tier),
                  elector.master.empty() ? "nobody" : printable(elector.master),
                  time_text(static_cast<std::int64_t>(elector.master_since_ms)), ago, clock,
                  hears(elector), printable(elector.why)});
  };
  add(view->self, "asked", "-");
  for (std::size_t i = 0; i < view->peers.size(); ++i)
    add(view->peers[i], i < view->peer_age_s.size() ? readable_seconds(view->peer_age_s[i]) : "-",
        clock_text(*view, i));
  TextTable transitions{{"WHEN", "BECAME", ">TERM", "WHY"}};
  const std::size_t count = view->transitions.size();
  for (std::size_t i = count > shown_transitions ? count - shown_transitions : 0; i < count; ++i) {
    const ElectionTransition& transition = view->transitions[i];
    transitions.add({time_text(transition.wall_ms), to_string(transition.role),
                     std::to_string(transition.term), printable(transition.why)});
  }
  std::string lease = warnings(*view);
  if (view->lease_left_s > 0)
    lease += fmt::format("lease: {} left\n", readable_seconds(view->lease_left_s));
  return {.out =
              fmt::format("{}\n{}{}\nlast transitions of {}:\n{}", headline(*view), electors.text(),
                          lease, printable(view->self.node), transitions.text())};
}

}  // namespace paceline::pacelinectl
