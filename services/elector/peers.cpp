#include "services/elector/peers.h"

#include <algorithm>
#include <functional>
#include <tuple>

namespace paceline::elector {

using Kind = ElectionMessageKind;

namespace {

bool names_own_term(Kind kind) {
  return kind == Kind::heartbeat || kind == Kind::release || kind == Kind::vote_request;
}

// Whether it is long enough since it was last granted; notes that it is granted now.
bool once_within(std::optional<Instant>& last, Duration time, Instant now) {
  if (last && now - *last < time) return false;
  last = now;
  return true;
}

}  // namespace

bool is_ordered(Kind kind) {
  return kind == Kind::presence || kind == Kind::heartbeat || kind == Kind::release;
}

const char* to_string(Refusal refusal) {
  switch (refusal) {
    case Refusal::none:
      return "none";
    case Refusal::foreign_cluster:
      return "foreign_cluster";
    case Refusal::own_echo:
      return "own_echo";
    case Refusal::unknown_node:
      return "unknown_node";
    case Refusal::other_configuration:
      return "other_configuration";
    case Refusal::forged_sender:
      return "forged_sender";
    case Refusal::impossible_term:
      return "impossible_term";
    case Refusal::witness_leads:
      return "witness_leads";
    case Refusal::for_another:
      return "for_another";
    case Refusal::overtaken:
      return "overtaken";
  }
  return "unknown";
}

Peers::Peers(const ElectionPolicy& policy, std::uint8_t self, std::uint64_t held)
    : policy_{policy},
      self_{self},
      fingerprint_{policy.fingerprint()},
      peers_(policy.voters.size()),
      terms_{held, policy.heartbeat, policy.omitted != SafetyRule::bounded_lift} {
}

Refusal Peers::refusal(const ElectionMessage& message) const {
  if (message.cluster != policy_.cluster) return Refusal::foreign_cluster;
  const auto number = policy_.number(message.node);
  if (number == self_) return Refusal::own_echo;
  if (number == 0) return Refusal::unknown_node;
  if (message.config != fingerprint_) return Refusal::other_configuration;
  if (names_own_term(message.kind)) {
    if (candidate_of(message.term) != number) return Refusal::impossible_term;
    if (policy_.voters[number - 1u].priority == 0 &&
        policy_.omitted != SafetyRule::witness_never_leads)
      return Refusal::witness_leads;
  }
  if (!message.to.empty() && message.to != policy_.voters[self_ - 1u].name)
    return Refusal::for_another;
  return Refusal::none;
}

// An incarnation falls only if a node lost its term file and its wall clock was set back: then it
// is heard again after two locks of silence.
Refusal Peers::record(const ElectionMessage& message, Instant now) {
  if (const auto refused = refusal(message); refused != Refusal::none) return refused;
  if (!terms_.hear(message.term, now)) return Refusal::impossible_term;
  auto& peer = peers_[policy_.number(message.node) - 1u];
  if (is_ordered(message.kind)) {
    const auto order = std::pair{message.incarnation, message.sequence};
    const bool overtaken =
        peer.known && order <= std::pair{peer.said.incarnation, peer.said.sequence};
    if (overtaken && now - peer.heard < policy_.lock() * 2) return Refusal::overtaken;
    peer.said = message;
    peer.known = true;
  }
  peer.heard = now;
  return Refusal::none;
}

const Peer* Peers::find(std::string_view name) const {
  const auto number = policy_.number(name);
  return number == 0 || number == self_ ? nullptr : &peers_[number - 1u];
}

bool Peers::any_alive(Instant now) const {
  return std::ranges::any_of(peers_, [&](const Peer& peer) { return is_alive(peer, now); });
}

bool Peers::any_known() const {
  return std::ranges::any_of(peers_, [](const Peer& peer) { return peer.known; });
}

bool Peers::is_eligible(const Peer& peer, Instant now) const {
  const auto number = policy_.number(peer.said.node);
  return is_alive(peer, now) && peer.said.priority > 0 && number != 0 &&
         policy_.voters[number - 1u].priority > 0 && peer.said.role != ElectorRole::starting &&
         peer.said.role != ElectorRole::observer;
}

const Peer* Peers::fittest(Instant now) const {
  const Peer* best = nullptr;
  const auto order = [](const Peer& p) { return std::pair{p.said.tier, -p.said.priority}; };
  for (const auto& peer : peers_)
    if (is_eligible(peer, now) && (!best || order(peer) < order(*best))) best = &peer;
  return best;
}

int Peers::rank(Tier own, const std::string& except, Instant now) const {
  const auto us = std::tuple{static_cast<std::int32_t>(own), -policy_.voters[self_ - 1u].priority,
                             static_cast<std::size_t>(self_)};
  int before = 0;
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    const auto& said = peers_[i].said;
    // Those that are starting count too: after a cold start all become fit at once.
    if (said.node != except && is_alive(peers_[i], now) && said.priority > 0 &&
        policy_.voters[i].priority > 0 && said.role != ElectorRole::observer &&
        std::tuple{said.tier, -said.priority, i + 1} < us)
      ++before;
  }
  return before;
}

bool Peers::acknowledged(const std::string& name, Instant sent) {
  auto& acked = peers_[policy_.number(name) - 1u].acked;
  if (acked && sent <= *acked) return false;
  acked = sent;
  return true;
}

bool Peers::may_depose(const std::string& name, Instant now) {
  return once_within(peers_[policy_.number(name) - 1u].deposed, policy_.lock() * 4, now);
}

bool Peers::may_hand_over(const std::string& name, Instant now) {
  return once_within(peers_[policy_.number(name) - 1u].handed_over, policy_.lock() * 16, now);
}

void Peers::forget_acknowledgements() {
  for (auto& peer : peers_) peer.acked.reset();
}

std::optional<Instant> Peers::followed_since(Instant now) const {
  std::vector<Instant> sent{now};  // Ourselves.
  for (const auto& peer : peers_)
    if (peer.acked) sent.push_back(*peer.acked);
  if (sent.size() < policy_.quorum()) return {};
  std::ranges::sort(sent, std::greater{});
  return sent[policy_.quorum() - 1];
}

std::vector<PeerSeen> Peers::seen(Instant now) const {
  std::vector<PeerSeen> seen;
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    if (i + 1 == self_) continue;
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - peers_[i].heard);
    seen.push_back({policy_.voters[i].name, peers_[i].known ? age.count() : -1});
  }
  return seen;
}

}  // namespace paceline::elector
