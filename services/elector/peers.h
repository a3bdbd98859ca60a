// What is known of the other voters: which are alive, which could be master and in which order, and
// since when a quorum follows us. Election (election.h) asks; nothing here decides.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "common/wire/messages.h"
#include "services/elector/health.h"
#include "services/elector/policy.h"
#include "services/elector/terms.h"

namespace paceline::elector {

/// Presence, heartbeat and release: their sender numbers them, and they arrive in that order.
bool is_ordered(ElectionMessageKind kind);

/// Why a message is not heard.
enum class Refusal : std::uint8_t {
  none,
  foreign_cluster,
  own_echo,
  unknown_node,
  other_configuration,
  forged_sender,    // The connection's key is another node's.
  impossible_term,  // Too high, or another node's.
  witness_leads,    // A witness acts as if it were candidate or master.
  for_another,
  overtaken,  // A later one of its sender was heard before.
};

const char* to_string(Refusal refusal);

/// What is known of another voter.
struct Peer {
  ElectionMessage said;  // Its last presence or heartbeat.
  Instant heard{};       // When any message of it arrived.
  bool known = false;
  std::optional<Instant> acked{};        // When we sent the newest heartbeat that it acknowledged.
  std::optional<Instant> handed_over{};  // When we handed over at its wish last.
  std::optional<Instant> deposed{};      // When its higher term made us step down last.
};

class Peers {
 public:
  /// `policy` outlives them; `self` is our number in it, `held` the term that we hold.
  Peers(const ElectionPolicy& policy, std::uint8_t self, std::uint64_t held = 0);

  /// Notes what `message` says of its sender, unless it is refused.
  Refusal record(const ElectionMessage& message, Instant now);

  const KnownTerms& terms() const { return terms_; }
  void hold(std::uint64_t term) { terms_.hold(term); }

  /// Whether a master steps down because `name` answers in a higher term. By right that happens once
  /// in an election; a voter that only says so would depose every master at once.
  bool may_depose(const std::string& name, Instant now);

  /// Whether its wish for a hand-over counts; one in sixteen locks does.
  bool may_hand_over(const std::string& name, Instant now);

  /// The peer of that name; null for a stranger, "" and ourselves.
  const Peer* find(std::string_view name) const;

  /// Heard within one lock.
  bool is_alive(const Peer& peer, Instant now) const {
    return peer.known && now - peer.heard < policy_.lock();
  }
  bool any_alive(Instant now) const;
  bool any_known() const;

  /// Whether `peer` could be master: alive, no witness by its word and our topology, and able to.
  bool is_eligible(const Peer& peer, Instant now) const;
  bool any_eligible(Instant now) const { return fittest(now) != nullptr; }

  /// The best eligible peer, by tier, priority, number; null = nobody.
  const Peer* fittest(Instant now) const;

  /// How many peers are candidates before us.
  ///
  ///   own      our tier
  ///   except   a peer that does not count: the master that was lost
  int rank(Tier own, const std::string& except, Instant now) const;

  /// `name` acknowledged the heartbeat that we sent at `sent`. False: nothing new.
  bool acknowledged(const std::string& name, Instant sent);
  void forget_acknowledgements();

  /// When the newest heartbeat was sent that a quorum, ourselves included, has acknowledged.
  std::optional<Instant> followed_since(Instant now) const;

  /// [ms] since each was heard, for the others.
  std::vector<PeerSeen> seen(Instant now) const;

  const std::vector<Peer>& all() const { return peers_; }  // By number - 1; our own is empty.

 private:
  Refusal refusal(const ElectionMessage& message) const;

  const ElectionPolicy& policy_;
  const std::uint8_t self_;
  const std::uint32_t fingerprint_;
  std::vector<Peer> peers_;
  KnownTerms terms_;
};

}  // namespace paceline::elector
