// How far terms may rise: by electing, and by what others say of them.
//
// A term is counter << 8 | number of its only candidate: no two nodes can ever have the same, and
// one that everybody held to be the last would end the cluster. So a word of another node lifts what
// we know by a bounded step only, and a candidate takes a bounded step only: half of the former, so
// that no peer that is a little behind refuses it. A node that was away for years hears terms that it
// refuses, and catches up a step a heartbeat period.
#pragma once

#include <cstdint>

#include "common/base/time.h"
#include "common/wire/state_frame.h"

namespace paceline::elector {

constexpr std::uint64_t counter_of(std::uint64_t term) {
  return term >> 8;
}
constexpr std::uint8_t candidate_of(std::uint64_t term) {
  return static_cast<std::uint8_t>(term & 0xff);
}

/// [elections] That the words of all others may lift what we know, in one heartbeat period.
inline constexpr std::uint64_t most_lifted = std::uint64_t{1} << 20;
/// [elections] That a candidate takes at once.
inline constexpr std::uint64_t most_taken = most_lifted / 2;

/// Whether so many terms are used that nobody got there by electing: half of them are never reached.
constexpr bool runs_out(std::uint64_t term) {
  return counter_of(term) > most_elections_apart || term > largest_term / 2;
}

/// Whether an endpoint that names `fence` to who leads in `term` tells the truth.
constexpr bool is_possible_fence(std::uint64_t fence, std::uint64_t term) {
  return fence <= largest_term &&
         (fence <= term || counter_of(fence) - counter_of(term) <= most_elections_apart);
}

/// The highest term that may be true, by what we hold and what others said.
class KnownTerms {
 public:
  ///   held     the term that we hold already
  ///   period   in which words lift it by one step
  ///   bounded  false: everything is believed (tests only)
  KnownTerms(std::uint64_t held, Duration period, bool bounded);

  /// We hold `term`.
  void hold(std::uint64_t term);

  /// Somebody else names `term`. False: nobody can have got there; what we know rises by what is left
  /// of this period's step.
  bool hear(std::uint64_t term, Instant now);

  std::uint64_t highest() const { return highest_; }

 private:
  const Duration period_;
  const bool bounded_;
  std::uint64_t highest_;
  std::uint64_t counter_;  // Of the highest, when the period began.
  Instant period_ends_{};
};

/// The next term of candidate `number`: above `held`, and above `known` if a step leads there.
///
///   returns  0 = there is none: terms have run out
std::uint64_t next_term(std::uint64_t held, std::uint64_t known, std::uint8_t number,
                        bool bounded = true);

}  // namespace paceline::elector
