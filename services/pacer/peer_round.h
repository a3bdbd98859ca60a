// Which pacer of another node to ask next for what it learned, and when: one at a time; those that
// do not answer again, after a pause that grows, and not for ever.
//
//   PeerRound round{peers, now};
//   if (const auto peer = round.next(now)) ask(*peer);    // then answered() or silent(), once
//
// Invariants:
//   at most one is asked at a time
//   nobody is asked again who has answered, nor more than `most_rounds` times
//   it is over `longest` after the start, but for the one that is asked then
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"

namespace paceline::pacer {

struct PeerPacer {
  std::string node;
  int index = 0;

  bool operator==(const PeerPacer&) const = default;
};

class PeerRound {
 public:
  static constexpr int most_rounds = 4;
  static constexpr Duration first_pause = 2s;  // After a round; four times longer after the next.
  static constexpr Duration longest = 10min;   // By then a target has experience of its own.

  PeerRound(std::vector<PeerPacer> peers, Instant now)
      : left_{std::move(peers)}, until_{now + longest} {}

  /// Whom to ask now; nothing while another one is asked, between two rounds, and when it is over.
  std::optional<PeerPacer> next(Instant now);
  void answered(Instant now);
  void silent(Instant now);

  bool is_over(Instant now) const;
  /// Those that have not answered.
  std::size_t unanswered() const { return left_.size() - at_ + again_.size(); }

 private:
  void end_round(Instant now);

  std::vector<PeerPacer> left_;   // Of this round, from at_ on.
  std::vector<PeerPacer> again_;  // Silent in this round: those of the next one.
  std::size_t at_ = 0;
  int round_ = 0;
  bool asking_ = false;
  Instant from_{};  // When this round begins.
  Instant until_;
};

}  // namespace paceline::pacer
