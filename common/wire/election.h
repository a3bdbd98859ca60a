// Channels `heartbeat` and `vote`: elector -> electors of all nodes, watch, the pacers of its own node; and the answer to elector's "election".
#pragma once

#include <string>
#include <vector>

#include "common/wire/state_frame.h"

namespace paceline {

enum class ElectionMessageKind : std::uint8_t {
  presence,
  heartbeat,
  release,
  acknowledge,
  pre_vote,
  pre_vote_answer,
  vote_request,
  vote,
  hand_over,
};

template <>
inline constexpr std::array words_of<ElectionMessageKind>{
    Word{"presence", "heartbeat channel: everyone, every H"},
    Word{"heartbeat", "heartbeat channel: the master, every H; asks for acknowledgements"},
    Word{"release", "heartbeat channel: a master gives up its term, its publisher being shut"},
    Word{"acknowledge",
         "heartbeat channel, to the master: echoes its timestamp; 0 = refused, term is higher"},
    Word{"pre_vote", "vote channel: would you vote for me?"},
    Word{"pre_vote_answer", "vote channel: whether it would"},
    Word{"vote_request", "vote channel: vote for me in this term"},
    Word{"vote", "vote channel: the vote, given once a term"},
    Word{"hand_over", "vote channel, to the master: please hand over to the target"},
};
static_assert(words_match<ElectionMessageKind>());

enum class ElectorRole : std::uint8_t {
  starting,
  observer,
  follower,
  candidate,
  leader,
  master,
  grace,
  draining,
};

template <>
inline constexpr std::array words_of<ElectorRole>{
    Word{"starting", "quiet after a start: no votes"},
    Word{"observer", "votes, is never master"},
    Word{"follower", "follows a master, or waits for one"},
    Word{"candidate", "asks for votes, or whether it would get them"},
    Word{"leader", "elected, without a lease yet"},
    Word{"master", "holds the lease: its publisher is open"},
    Word{"grace", "lease over, asking the others whether it may go on; publisher shut"},
    Word{"draining", "handing over: waits for its publisher to stop"},
};
static_assert(words_match<ElectorRole>());

/// How lately the sender heard a peer.
struct PeerSeen {
  std::string node;
  std::int64_t ms = -1;

  static constexpr About about{"peer_seen", "How lately the sender heard a peer."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&PeerSeen::node, "node", max_name_bytes, "the peer"},
        Field{&PeerSeen::ms, "ms", "ms", -1, max_seconds * 1e3, "since it was heard; -1 = never"},
    };
  }
  bool operator==(const PeerSeen&) const = default;
};
static_assert(lists_every_member<PeerSeen>());

/// What electors say to each other; fields that a kind does not need stay at their defaults.
struct ElectionMessage {
  std::uint8_t version = wire_version;
  std::string cluster;
  std::uint32_t config = 0;
  std::string node;
  std::uint64_t incarnation = 0;
  std::uint64_t sequence = 0;
  ElectionMessageKind kind = ElectionMessageKind::presence;
  std::uint64_t term = 0;
  std::string to;
  std::int64_t timestamp_ns = 0;
  bool extends = true;
  bool ok = false;
  std::string target;
  std::string why;
  ElectorRole role = ElectorRole::starting;
  std::int32_t priority = 0;
  std::int32_t tier = 0;
  std::string master;
  std::uint64_t master_since_ms = 0;
  std::vector<PeerSeen> seen;
  std::uint64_t wall_ms = 0;
  std::string targets;
  std::string maintenance;
  std::string pause;
  std::uint64_t pause_ms = 0;

  static constexpr About about{"election",
                               "What electors say to each other, on `heartbeat` and `vote`."};
  static constexpr auto schema() {
    using M = ElectionMessage;
    return std::tuple{
        Field{&M::version, "version", "", "of the wire"},
        Field{&M::cluster, "cluster", max_name_bytes,
              "its name; a message of another one is refused"},
        Field{&M::config, "config", "",
              "hash of the voters and timings; a voter refuses another's"},
        Field{&M::node, "node", max_name_bytes, "the sender"},
        Field{&M::incarnation, "incarnation", "", "of the sender, larger at each start"},
        Field{&M::sequence, "sequence", "", "plus one a message"},
        Field{&M::kind, "kind", "what it says"},
        Field{&M::term, "term", "", 0, largest_term, "counter x 256 + number of the node"},
        Field{&M::to, "to", max_name_bytes, "addressee of an answer; empty = everyone"},
        Field{&M::timestamp_ns, "timestamp_ns", "ns",
              "the master's own clock, opaque to others, echoed in acknowledge"},
        Field{&M::extends, "extends", "heartbeat: false = does not extend locks (grace)"},
        Field{&M::ok, "ok", "pre_vote_answer: whether it would vote"},
        Field{&M::target, "target", max_name_bytes, "release, hand_over: who should become master"},
        Field{&M::why, "why", "for people: reason of a refusal, a release, a role"},
        Field{&M::role, "role", "of the sender"},
        Field{&M::priority, "priority", "", 0, 255, "of the sender; 0 = witness"},
        Field{&M::tier, "tier", "", 0, 255, "health of the sender, 0 = fit; larger = worse"},
        Field{&M::master, "master", max_name_bytes,
              "whom the sender holds to be master; empty = nobody"},
        Field{&M::master_since_ms, "master_since_ms", "ms since 1970",
              "when that began, by the sender's wall clock"},
        Field{&M::seen, "seen", max_nodes, "how lately it heard its peers"},
        Field{&M::wall_ms, "wall_ms", "ms since 1970", 0, max_wall_ms,
              "the sender's wall clock; 0 = not said"},
        Field{
            &M::targets, "targets", 64,
            "version of the targets file that the sender's publisher paces by; empty = not known"},
        Field{&M::maintenance, "maintenance", max_why_bytes,
              "why an operator drained the sender; empty = it is in service"}
            .added(),
        Field{&M::pause, "pause", max_why_bytes,
              "why an operator stopped all invitations; empty = they may go out"}
            .added(),
        Field{&M::pause_ms, "pause_ms", "ms since 1970", 0, max_wall_ms,
              "when that was said, by the clock of the node where it was; the latest word counts"}
            .added(),
    };
  }
  bool operator==(const ElectionMessage&) const = default;
};
static_assert(lists_every_member<ElectionMessage>());

/// One change of an elector's role.
struct ElectionTransition {
  std::int64_t wall_ms = 0;
  ElectorRole role = ElectorRole::starting;
  std::uint64_t term = 0;
  std::string why;

  static constexpr About about{"election_transition", "One change of an elector's role."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&ElectionTransition::wall_ms, "wall_ms", "ms since 1970", "when"},
        Field{&ElectionTransition::role, "role", "from then on"},
        Field{&ElectionTransition::term, "term", "", 0, largest_term, "in force"},
        Field{&ElectionTransition::why, "why", "for people"},
    };
  }
  bool operator==(const ElectionTransition&) const = default;
};
static_assert(lists_every_member<ElectionTransition>());

/// Answer to elector's "election".
struct ElectionView {
  ElectionMessage self;
  std::vector<ElectionMessage> peers;
  std::vector<double> peer_age_s;
  double lease_left_s = 0;
  std::vector<ElectionTransition> transitions;

  static constexpr About about{"election_view", "An elector's answer to \"election\"."};
  static constexpr auto schema() {
    return std::tuple{
        Field{&ElectionView::self, "self", "as this elector would say it now"},
        Field{&ElectionView::peers, "peers", "the last presence or heartbeat of each"},
        Field{&ElectionView::peer_age_s, "peer_age_s", "seconds since each was heard"},
        Field{&ElectionView::lease_left_s, "lease_left_s", "s", 0, max_seconds,
              "that the lease still holds"},
        Field{&ElectionView::transitions, "transitions", "the last ones, oldest first"},
    };
  }
  bool operator==(const ElectionView&) const = default;
};
static_assert(lists_every_member<ElectionView>());

}  // namespace paceline
