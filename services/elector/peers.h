// The roll of voters: what is known of each, who could be master, in which order they stand, and
// since when a quorum follows us. Election (election.h) asks; nothing here decides.
#pragma once

#include <optional>
#include <vector>

#include "common/wire/messages.h"
#include "services/elector/health.h"
#include "services/elector/policy.h"

namespace paceline::elector {

/// What is known of another voter.
struct Peer {
  ElectionMessage said;  // Its last presence or heartbeat.
  Instant heard{};       // When any message of it arrived.
  bool known = false;
  std::optional<Instant>
      acked{};  // When we sent the newest heartbeat of our term that it answered.
};

class Peers {
 public:
  /// `policy` outlives them; `self` is our number in it.
  Peers(const ElectionPolicy& policy, std::uint8_t self);

  /// Why `message` is none of our business: "" = it is.
  const char* refusal(const ElectionMessage& message) const;

  /// Takes note of its sender. False: a later message of its channel was heard before.
  bool record(const ElectionMessage& message, Instant now);

  /// The peer of that name; null for a stranger, "" and ourselves.
  const Peer* find(std::string_view name) const;

  bool is_alive(const Peer& peer, Instant now) const {
    return peer.known && now - peer.heard < policy_.lock();
  }
  bool any_alive(Instant now) const;
  bool any_known() const;
  bool is_eligible(const Peer& peer, Instant now) const;
  bool any_eligible(Instant now) const { return fittest(now) != nullptr; }

  /// The best that could stand, by tier, priority, number; null = nobody.
  const Peer* fittest(Instant now) const;

  /// How many peers stand before us, being of tier `own`; `except` is not counted.
  int rank(Tier own, const std::string& except, Instant now) const;

  /// `sent` of our heartbeat was answered. False: nothing new.
  bool acknowledged(const std::string& name, Instant sent);
  void forget_acknowledgements();

  /// The send time of the newest heartbeat that a quorum, ourselves included, has answered.
  std::optional<Instant> followed_since(Instant now) const;

  /// [ms] since each was heard, for the others.
  std::vector<PeerSeen> seen(Instant now) const;

  const std::vector<Peer>& all() const { return peers_; }  // By number - 1; our own is empty.

 private:
  const ElectionPolicy& policy_;
  const std::uint8_t self_;
  const std::uint32_t fingerprint_;
  std::vector<Peer> peers_;
};

}  // namespace paceline::elector
