// Interactions entered, answered and abandoned since statfeed started, made from the counters of
// two servers that restart, jump and take turns.
//
//   Totals totals{{.per_second = 10, .burst = 50}};
//   totals.count(server, slot, counter, raw, now);   // a counter as a server says it
//   totals.mark(true);                               // both servers were just heard
//   totals.use(1);                                   // from now on the backup counts
//   totals.total(slot, counter)
//
// Only differences count:
//   a fall                a restart from zero; what it shows is new, if that is plausible
//   a rise beyond reason  a server that re-accumulated its history: not counted
//   a switch              the total goes on with what the other server counted since the last mark,
//                         and what was counted since then already is part of that, not beside it:
//                         each server tells of the same interactions, one sooner and one later
//
// Invariant: a total never falls, and never rises in one step by more than
// per_second x (time since that server last told that counter) + burst.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "common/base/time.h"
#include "services/statfeed/mapping.h"

namespace paceline::statfeed {

inline constexpr int server_count = 2;  // Primary and backup.

class Totals {
 public:
  struct Policy {
    double per_second = 10;        // [> 0] interactions of one target, at the very most.
    double burst = 50;             // [>= 0] allowed at once on top of that.
    Duration longest_gap = 10min;  // Longer silences count as this long.
  };

  explicit Totals(Policy policy) : policy_{policy} {}

  void resize(std::uint32_t slots);
  void forget(std::uint32_t slot);

  enum class Counted : std::uint8_t {
    first,  // Nothing to compare with yet.
    rise,   // Or no change.
    reset,  // It fell: restarted from zero.
    jump,   // Implausible: bridged without counting.
  };

  /// A counter as a server shows it.
  ///
  ///   server   [0, 1]
  ///   counter  [0, 2] entered, answered, abandoned
  ///   raw      [>= 0]; others are bridged
  Counted count(int server, std::uint32_t slot, std::uint32_t counter, double raw, Instant now);

  /// The server in use has told all it knows.
  ///
  ///   both   so has the other. If not, what the other tells until a mark with both counts for
  ///          nothing: nobody knows how much of it is in the totals already
  ///   cost   O(counters that rose since the last mark)
  void mark(bool both);

  /// From now on `server` carries the totals. The same server again: nothing happens. Where it is
  /// behind what is counted already, its next interactions are those, and count only beyond them;
  /// a mark ends that.
  void use(int server);

  std::uint64_t total(std::uint32_t slot, std::uint32_t counter) const {
    return totals_[std::size_t{slot} * counter_count + counter];
  }

 private:
  struct ServerCounters {             // One server's counters.
    std::vector<double> last;         // As last shown; negative = never.
    std::vector<Instant> at;          // When.
    std::vector<std::uint32_t> rose;  // Counted by differences since the last mark.
    bool in_step = true;              // At the last mark.
  };
  double plausible(Duration since) const;
  void carry(const ServerCounters& counters, std::size_t i);

  Policy policy_;
  int in_use_ = 0;
  std::array<ServerCounters, server_count> servers_;
  std::vector<std::uint64_t> totals_;
  std::vector<std::uint32_t> gained_;  // Of them since the last mark.
  std::vector<std::size_t> risen_;     // The counters that are not 0 in `rose` of a server.
};

}  // namespace paceline::statfeed
