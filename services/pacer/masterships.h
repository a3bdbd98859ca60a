// Whose feedback counts: that of the node which our own elector holds for master, and for a while
// the last words of the one before.
//
//   Masterships masterships{30s};
//   masterships.hold(message.master, now);            // at each word of our own node's elector
//   if (masterships.verdict("b", order, now) == Verdict::counts) masterships.take("b", order);
//
// An elector that falls silent changes nothing: whom it held last goes on counting. That is safe,
// since the grant of this node's publisher runs out with its elector, so that nothing which is
// decided here goes out.
//
// Invariants:
//   a node that was not held for master within the bound never counts
//   an order is compared only with those of the same mastership: none can block the next one
//   once the master has spoken, whoever was master before it does not count
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "common/base/time.h"

namespace paceline::pacer {

/// Of the publication that feedback answers: its term and its sequence.
using FeedbackOrder = std::pair<std::uint64_t, std::uint64_t>;

enum class Verdict : std::uint8_t {
  counts,
  older,    // Older than what its sender said already, or than the master's first word.
  foreign,  // Of a node that is not master, nor was it lately.
};

class Masterships {
 public:
  ///   last_words   for so long after a change the former master still counts
  explicit Masterships(Duration last_words) : last_words_{last_words} {}

  /// Our elector holds `node` for master now; "" = nobody.
  ///   returns   whether another node counts from now on
  bool hold(const std::string& node, Instant now);

  Verdict verdict(const std::string& node, FeedbackOrder order, Instant now) const;

  /// What was said counts.
  ///   returns   whether it is newer than all that its sender said before
  bool take(const std::string& node, FeedbackOrder order);

  /// Who is held for master; "" = nobody.
  const std::string& master() const { return now_.node; }

 private:
  struct Mastership {
    std::string node;
    std::optional<FeedbackOrder> newest;
  };

  Duration last_words_;
  Mastership now_;
  Mastership former_;
  Instant former_until_{};
};

}  // namespace paceline::pacer
