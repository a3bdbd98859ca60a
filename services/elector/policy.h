// Who votes and how fast: the numbers of an election, and what follows from them.
//
//   lock   TV = missed x heartbeat                    a voter is bound to a master it acknowledged
//   lease  TL = TV (1 - rho) / (1 + rho) - guard      that acknowledgement lets the master publish
//
// Invariant: (lease + guard) (1 + rho) / (1 - rho) <= lock, so that a lease on the slowest clock is
// over before the lock on the fastest clock opens. `rho` bounds the rate error of any clock.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.h"

namespace paceline::elector {

/// A node with an elector. Priority 0 is a witness: it votes and is never a candidate.
struct Voter {
  std::string name;
  int priority = 100;  // [0..255]

  bool operator==(const Voter&) const = default;
};

/// The rules that keep two masters apart and one master there, by name, so that a test can omit one and see it missed.
enum class SafetyRule : std::uint8_t {
  none,
  lease_from_send,        // The lease counts from when the heartbeat was sent, not from its answer.
  lease_within_lock,      // lease < lock.
  quiet_after_start,      // A restarted voter gives no vote for one lock.
  locks_hold,             // A locked voter refuses everybody else.
  publisher_stops_first,  // A term is released only after the publisher has stopped.
  quorum,                 // More than half of all voters must agree.
  bounded_lift,           // A word lifts what is known of terms by a step (terms.h).
  sender_is_key,          // A message counts if its connection's key is of the node that it names.
  witness_never_leads,    // A witness beats no heart, asks for no vote and has nothing to release.
  possible_fence,         // The endpoint cannot name a term that nobody can have reached.
  clone_is_noticed,       // A master steps down when another cluster publishes under its term.
};

struct ElectionPolicy {
  std::string cluster;
  std::vector<Voter> voters;  // [1..255] in the topology's order, which numbers them from 1.
  bool pair = false;  // Two voters, one is enough: cannot exclude two masters in a partition.
  Duration heartbeat = 200ms;  // [50ms..5s]
  int missed = 3;              // [2..10] heartbeats that may be missed.
  int rho_ppm = 1000;          // [0..100000] bound of a clock's rate error.
  Duration guard = 20ms;       // The publisher's time from its check to its send.
  Duration stagger = 20ms;     // Between candidates of one rank and the next; two round trips.
  Duration wait_for_all = 5s;  // Pair: a node that never heard its peer waits so long.
  Duration better_for = 2s;    // A fitter peer must be so for this long before a master makes way.
  bool preempt = false;        // A node of higher priority asks for mastership ...
  Duration preempt_delay = 30s;           // ... when it was fit for this long.
  SafetyRule omitted = SafetyRule::none;  // Tests only.

  Duration lock() const { return heartbeat * missed; }
  Duration lease() const;
  std::size_t quorum() const;

  /// 1..voters.size(); 0 = not a voter.
  std::uint8_t number(std::string_view name) const;

  /// Hash of what all electors must agree on: cluster, names of the voters in order, mode and
  /// timing. Priorities are not in it: they may change one node at a time.
  std::uint32_t fingerprint() const;

  bool operator==(const ElectionPolicy&) const = default;
};

}  // namespace paceline::elector
