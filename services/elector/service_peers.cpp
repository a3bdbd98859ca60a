#include "services/elector/service_peers.h"

#include <vector>

namespace paceline::elector {
namespace {

constexpr Duration over_after = 10s;
constexpr std::size_t most_of_a_claim = 64;  // [bytes] In the log.
constexpr Duration roll_out = 10s;
constexpr Duration clock_tolerance = 1s;

}  // namespace

void OddPeers::begin_or_go_on(const std::string& what, const std::string& node,
                              Log::Fields fields) {
  auto& fault = faults_[{what, node}];
  fault.last = world_.clock.now();
  if (fault.count++ == 0) world_.log.write(LogLevel::warn, what, {fields.begin(), fields.size()});
}

void OddPeers::end(const std::string& what, const std::string& node) {
  const auto found = faults_.find({what, node});
  if (found == faults_.end()) return;
  world_.log.info(what + "_over", {{"node", node}, {"count", found->second.count}});
  faults_.erase(found);
}

void OddPeers::heard(const ElectionMessage& message) {
  if (message.wall_ms == 0) return;
  const auto ours = std::chrono::floor<std::chrono::milliseconds>(world_.clock.wall());
  const auto theirs = std::chrono::milliseconds{static_cast<std::int64_t>(message.wall_ms)};
  clocks_.heard(message.node, ours.time_since_epoch() - theirs);
}

void OddPeers::refused(const std::string& what, const std::string& from, const std::string& claims,
                       std::uint64_t term) {
  begin_or_go_on(what, from,
                 {{"node", from},
                  {"claims", claims.substr(0, most_of_a_claim)},
                  {"term", term},
                  {"then", "not heard"}});
}

void OddPeers::look(const Election& election, const std::string& our_targets) {
  const Instant now = world_.clock.now();
  const auto& peers = election.peers();
  int differing = 0;
  for (std::size_t i = 0; i < peers.all().size(); ++i) {
    const Peer& peer = peers.all()[i];
    const Voter& voter = election.policy().voters[i];
    if (!peer.known) continue;
    const bool alive = peers.is_alive(peer, now);
    look_at_clock(voter.name, alive);
    if (look_at_targets(voter.name, alive && voter.priority > 0, our_targets, peer.said.targets))
      ++differing;
  }
  metrics_.targets_differ.set(differing);
  std::vector<std::pair<std::string, std::string>> over;
  for (const auto& [key, fault] : faults_)
    if (now - fault.last >= over_after) over.push_back(key);
  for (const auto& [what, node] : over) end(what, node);
}

void OddPeers::look_at_clock(const std::string& node, bool alive) {
  if (!alive) clocks_.forget(node);
  const auto difference = clocks_.difference(node);
  metrics_.clock_skew(node).set(difference ? to_seconds(*difference) : 0);
  if (!difference || std::chrono::abs(*difference) < clock_tolerance)
    return end("clock_differs", node);
  begin_or_go_on("clock_differs", node,
                 {{"node", node},
                  {"by", std::chrono::floor<std::chrono::milliseconds>(*difference)},
                  {"means", "above 0: ours is ahead of its"}});
}

bool OddPeers::look_at_targets(const std::string& node, bool alive, const std::string& ours,
                               const std::string& theirs) {
  const Instant now = world_.clock.now();
  if (!alive || ours.empty() || theirs.empty() || ours == theirs) {
    differing_since_.erase(node);
    end("targets_differ", node);
    return false;
  }
  const Instant since = differing_since_.try_emplace(node, now).first->second;
  if (now - since <= roll_out) return false;
  begin_or_go_on("targets_differ", node,
                 {{"node", node},
                  {"ours", ours},
                  {"theirs", theirs},
                  {"then", "a hand-over would pace other targets; compare the files"}});
  return true;
}

}  // namespace paceline::elector
