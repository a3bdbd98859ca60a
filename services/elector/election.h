// Who is master? Terms and a quorum lease, as a pure state machine: no clock, no socket, no log.
//
//   Election election{"a", policy, durable, seed, now};
//   outcome = election.hear(from, message, now);   // a peer spoke
//   outcome = election.tick(now);                  // the time asked for in outcome.wake has come
//
// One turn: a follower whose lock ran out asks for pre-votes (candidate), takes a new term and asks
// for votes, leads without a lease, and is master once a quorum acknowledged its heartbeat. Each
// acknowledgement locks the voter for TV, and extends the lease to TL after the heartbeat was
// *sent*; TL < TV (policy.h).
//
//   election.cpp            time and roles
//   election_messages.cpp   what each message does
//   election_handover.cpp   how a mastership ends
//
// Invariants; README.md says why, the simulation and the model in tests/ check them:
//   S1  no two nodes act under one term, and a term never falls
//   S2  quorum mode: no two publishers hold a valid grant at one instant, clock rates within rho
//   S3  a grant never outlives the lease of its term
//   S4  the endpoint never accepts an older term after a newer one (by its fence, not by us)
//   S5  a term is released only when its publisher has stopped, is dead, or its grant has run out
//   S6  no message leaves before the term it names is stored; no vote or acknowledgement for a term
//       follows one for a higher term
#pragma once

#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "services/elector/damping.h"
#include "services/elector/durable_state.h"
#include "services/elector/peers.h"

namespace paceline::elector {

/// The publisher of our own node, as the election needs it.
struct PublisherState {
  Tier tier = Tier::no_publisher;
  std::uint64_t stopped_term = 0;   // It will never send again under this term or an older one.
  std::uint64_t fenced_by = 0;      // The endpoint named a higher term; 0 = none.
  std::uint64_t disputed_term = 0;  // Another cluster publishes under that term too; 0 = none.
  std::string why_unfit{};          // For people; "" = it is fit.
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
  /// What the shell does now, in this order.
  struct Outcome {
    /// A term. If storing it fails, no message is sent and only a grant of term 0 is published.
    std::optional<std::uint64_t> store{};
    std::optional<GrantOrder> grant{};
    std::vector<ElectionMessage> messages{};
    std::vector<Became> became{};
    Refusal refused = Refusal::none;  // Why the message was not heard.
    Instant wake{};  // When tick() wants to be called, unless something happens before.
  };

  /// `self` is one of policy.voters; `seed` feeds the jitter.
  Election(std::string self, ElectionPolicy policy, DurableState durable, std::uint64_t seed,
           Instant now);

  Outcome tick(Instant now);
  ///   from   whose key the connection has that it came by
  Outcome hear(std::string_view from, const ElectionMessage& message, Instant now);
  Outcome publisher_said(const PublisherState& publisher, Instant now);
  /// Proved: the publisher that our grants name cannot send any more.
  Outcome publisher_died(Instant now);

  /// Somebody wants another master. A master makes way, others pass it on to the master.
  ///
  ///   target   who should be master; "" = the fittest
  ///   errors   not_found: no such voter
  ///            refused: the target is master already
  ///            unavailable: there is no master, or nobody who could take over
  Result<Outcome> hand_over(const std::string& target, const std::string& why, Instant now);

  /// An operator takes this node out of service: it gives mastership away, then votes and does not
  /// stand, until it is taken back.
  ///
  ///   anyway   also if nobody who can publish could take over
  ///   errors   refused: a witness, which is never master
  ///            unavailable: nobody could take over
  Result<Outcome> begin_maintenance(const std::string& why, bool anyway, Instant now);
  Outcome end_maintenance(Instant now);

  /// This process is about to end: a master releases its term as soon as its publisher has stopped.
  Outcome stop(Instant now);

  /// The shell has stored `term`; until then every outcome asks for it again.
  void stored(std::uint64_t term, Instant now);

  ElectorRole role() const { return role_; }
  std::uint64_t term() const { return term_; }
  const std::string& master() const { return master_; }
  Instant lease_until() const { return lease_until_; }
  const Peers& peers() const { return peers_; }
  const PublisherState& publisher() const { return publisher_; }
  const ElectionPolicy& policy() const { return policy_; }
  double penalty(Instant now) const { return damping_.penalty(now); }
  bool late() const { return late_ > 0; }

  /// What this elector says of itself now: its presence.
  ElectionMessage view(Instant now) const;

  /// Why it has its role, and is less fit than it could be.
  std::string why_now() const;

 private:
  /// Until then we vote for nobody but that node.
  struct Lock {
    std::string node;  // "" = free.
    Instant until{};
  };

  void begin(Instant now);
  Outcome finish(Instant now);
  Instant next_wake(Instant now);
  void check_timeouts(Instant now);
  void check_lock(Instant now);
  void check_round(Instant now);
  void check_lease(Instant now);
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
  const Peer* successor(const std::string& target, Instant now) const;  // Null: nobody could.
  std::string maintenance_words() const { return "in maintenance: " + maintenance_; }

  void become(ElectorRole role, std::string why);
  void grant(Instant now, const std::string& why = {});
  ElectionMessage& say(ElectionMessageKind kind, Instant now);
  bool bounded() const { return policy_.omitted != SafetyRule::bounded_lift; }
  std::uint64_t next_term() const;  // 0 = terms have run out.

  bool leads() const;  // leader, master or grace: heartbeats go out under our own term.
  bool idle() const;   // starting, observer or follower: we want no votes and hold no term.
  bool eligible(Instant now);
  std::size_t votes_needed(Instant now) const;
  std::string_view vote_refusal(const std::string& asker, Instant now) const;  // "" = we vote.
  Instant candidacy_at(Instant now) const;
  Duration round_length();
  double uniform();  // [0, 1)

  const std::string self_;
  const ElectionPolicy policy_;
  const std::uint8_t number_;
  const int priority_;
  const std::uint32_t fingerprint_;
  const std::uint64_t incarnation_;
  std::uint64_t sequence_ = 0;  // Of our ordered messages (peers.h).
  std::uint64_t random_;

  std::uint64_t term_;
  std::uint64_t stored_term_;
  std::uint64_t fence_ =
      0;  // The endpoint named it; our next term is above, if a step leads there.
  std::uint64_t learned_ = 0;  // While our term is lost: the highest that an answer named.
  bool term_lost_;
  ElectorRole role_ = ElectorRole::starting;
  std::string why_ = "started";
  std::string master_;
  Lock lock_;
  Peers peers_;
  PublisherState publisher_;
  std::string maintenance_;  // Why an operator took this node out of service; "" = in service.
  Damping damping_;

  // Candidate; `votes_` also in grace, and while a lost term is learned.
  std::set<std::uint8_t> votes_;  // Who said yes in this round, ourselves included.
  bool voting_ = false;           // The round is for votes, not pre-votes.
  int rounds_ = 0;                // That failed in a row.
  std::int64_t round_id_ = 0;     // Echoed in pre-vote answers, so that old ones do not count.
  bool skip_stagger_ = false;     // We were asked to be master, or lost only the term.
  Duration jitter_{};             // Added to the stagger.

  // Draining.
  std::string target_;  // The next master, if it can; "" = anybody.
  std::string drain_why_;

  const Instant started_;
  Instant quiet_until_;           // No votes before: locks given before our start may still hold.
  Instant announce_at_;           // The next presence or heartbeat.
  Instant no_candidacy_until_{};  // We have just released, or heard a release.
  Instant round_until_{};         // Of the candidate's round.
  Instant phase_until_{};         // Of leader and grace.
  Instant lease_until_{};         // Of our own term; in the past when we have none.
  Instant granted_until_{};       // Nothing that our publisher was ever granted is valid after.
  Instant timeouts_from_{};       // No timeout counts before: queued messages come first.
  Instant wake_;
  std::optional<Instant> better_since_{};
  int late_ = 0;  // [0..3] our own loop was late: we take others for dead later.
  Outcome out_;
};

}  // namespace paceline::elector
