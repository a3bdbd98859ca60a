// Who is master? Terms and a quorum lease, as a pure state machine: no clock, no socket, no log.
//
//   Election election{"a", policy, durable, seed, now};
//   outcome = election.hear(message, now);   // a peer spoke
//   outcome = election.tick(now);            // the time asked for in outcome.wake has come
//
// One turn: a follower whose lock ran out asks for pre-votes (candidate), takes a new term and asks
// for votes, leads without a lease, and is master once a quorum acknowledged its heartbeat. Each
// acknowledgement locks the voter for TV and carries the lease to TL after the heartbeat was
// *sent*, with TL < TV (policy.h).
//
// Here: time and roles. election_messages.cpp: what each message does. election_handover.cpp: how a mastership ends.
//
// Invariants (README.md says why; the simulation and the model in tests/ check them after every
// event):
//   S1 no two nodes act under one term; a term never falls
//   S2 quorum mode: no two publishers hold a valid grant at one instant, clock rates being within
//   rho S3 a grant never outlives the lease of its term S5 a term is released only when its
//   publisher has stopped, is dead, or its grant has run out S6 no message leaves before the term
//   it depends on is stored, and a term once stored is never undercut
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "services/elector/damping.h"
#include "services/elector/durable_state.h"
#include "services/elector/peers.h"

namespace paceline::elector {

/// The publisher of our own node, as the election needs it.
struct PublisherState {
  Tier tier = Tier::no_publisher;
  std::uint64_t stopped_term = 0;  // It will never send again under this term or an older one.
  std::uint64_t fenced_by = 0;     // The endpoint named a higher term; 0 = none.
};

class Election {
 public:
  struct GrantOrder {
    std::uint64_t term = 0;  // 0 = no grant: shut.
    Instant expires{};
    std::string why;
  };
  struct Became {
    ElectorRole role;
    std::uint64_t term;
    std::string why;
  };
  /// What the shell does now, in this order: store `term`, publish `grant`, send `messages`, tell
  /// `became`. If storing fails it sends nothing and grants nothing (a grant of term 0 is always
  /// published).
  struct Outcome {
    std::optional<std::uint64_t> store{};
    std::optional<GrantOrder> grant{};
    std::vector<ElectionMessage> messages{};
    std::vector<Became> became{};
    const char* refused = "";  // Why the message was not heard.
    Instant wake{};            // When tick() wants to be called, unless something happens before.
  };

  /// `self` is one of policy.voters; `seed` feeds the jitter.
  Election(std::string self, ElectionPolicy policy, DurableState durable, std::uint64_t seed,
           Instant now);

  Outcome tick(Instant now);
  Outcome hear(const ElectionMessage& message, Instant now);
  Outcome publisher_said(const PublisherState& publisher, Instant now);
  /// Proved: the publisher that our grants name cannot send any more.
  Outcome publisher_died(Instant now);

  /// Somebody wants `target` ("" = the fittest) to be master. A master makes way, others pass it
  /// on.
  ///   errors   unavailable: there is no master, or nobody who could take over; not_found: no such
  ///   voter
  Result<Outcome> hand_over(const std::string& target, const std::string& why, Instant now);

  /// This process is about to end: a master releases its term as soon as its publisher has stopped.
  Outcome stop(Instant now);

  /// The shell has stored `term`; until then every outcome asks for it again.
  void stored(std::uint64_t term, Instant now);

  ElectorRole role() const { return role_; }
  std::uint64_t term() const { return term_; }
  const std::string& master() const { return master_; }
  Instant lease_until() const { return lease_until_; }
  const Peers& peers() const { return peers_; }
  const ElectionPolicy& policy() const { return policy_; }
  double penalty(Instant now) const { return damping_.penalty(now); }
  bool late() const { return late_ > 0; }

  /// What this elector says of itself now: its presence.
  ElectionMessage view(Instant now) const;

 private:
  struct Lock {
    std::string node;  // "" = free.
    Instant until{};
  };

  void begin(Instant now);
  Outcome finish(Instant now);
  Instant next_wake(Instant now);
  void check_timeouts(Instant now);
  void announce(Instant now);

  void on_heartbeat(const ElectionMessage& message, Instant now);
  void on_acknowledge(const ElectionMessage& message, Instant now);
  void on_pre_vote(const ElectionMessage& message, Instant now);
  void on_pre_vote_answer(const ElectionMessage& message, Instant now);
  void on_vote_request(const ElectionMessage& message, Instant now);
  void on_vote(const ElectionMessage& message, Instant now);
  void on_release(const ElectionMessage& message, Instant now);
  void on_hand_over(const ElectionMessage& message, Instant now);

  void recover_term(Instant now);
  void follow_or_observe(Instant now, const char* why);
  void start_pre_vote(Instant now, const std::string& why);
  void start_vote(Instant now);
  void lead(Instant now);
  void renew_lease(Instant now);
  void drain(const std::string& target, const std::string& why, Instant now);
  void release(Instant now);
  void step_down(const std::string& why, Instant now);
  void look_for_better(Instant now);

  void become(ElectorRole role, std::string why);
  void grant(Instant now, const std::string& why = {});
  ElectionMessage& say(ElectionMessageKind kind, Instant now);
  void note_term(std::uint64_t term) { seen_term_ = term > seen_term_ ? term : seen_term_; }

  bool leads() const;  // leader, master or grace: heartbeats go out under our own term.
  bool idle() const;   // starting, observer or follower.
  bool eligible(Instant now);
  std::size_t votes_needed(Instant now) const;
  const char* vote_refusal(const std::string& asker,
                           Instant now) const;  // "" = we would vote for it.
  Instant candidacy_at(Instant now) const;
  Duration round_length();
  double chance();

  const std::string self_;
  const ElectionPolicy policy_;
  const std::uint8_t number_;
  const int priority_;
  const std::uint32_t fingerprint_;
  const std::uint64_t incarnation_;
  std::uint64_t sequence_ = 0;  // Of the messages on channel heartbeat.
  std::uint64_t random_;

  std::uint64_t term_;
  std::uint64_t stored_term_;
  std::uint64_t seen_term_;  // The highest that anybody named; we stand above it.
  bool term_lost_;
  ElectorRole role_ = ElectorRole::starting;
  std::string why_ = "started";
  std::string master_;
  Lock lock_;
  Peers peers_;
  PublisherState publisher_;
  Damping damping_;

  std::set<std::uint8_t> votes_;  // Who said yes in this round, ourselves included.
  bool voting_ = false;           // The round is for votes, not pre-votes.
  int rounds_ = 0;                // That failed in a row.
  std::int64_t round_id_ = 0;     // Echoed in pre-vote answers, so that old ones do not count.
  std::string target_;            // Draining: who should stand next.
  std::string drain_why_;

  const Instant started_;
  Instant quiet_until_;           // No votes before: locks given in our former life may still hold.
  Instant announce_at_;           // The next presence or heartbeat.
  Instant no_candidacy_until_{};  // We do not stand before: we have just released.
  Instant round_until_{};         // Of the candidate's round.
  Instant phase_until_{};         // Of leader and grace.
  Instant lease_until_{};         // Of our own term; in the past when we have none.
  Instant granted_until_{};       // Nothing that our publisher was ever granted is valid after.
  std::optional<Instant> better_since_{};
  bool skip_stagger_ = false;  // Without stagger: we were asked to, or lost only the term.
  Duration jitter_{};
  int late_ = 0;             // [0..3] our own loop was late: we suspect others later.
  Instant timeouts_from_{};  // Timeouts are not judged before: queued messages come first.
  Instant wake_;
  Outcome out_;
};

}  // namespace paceline::elector
