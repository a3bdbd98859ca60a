// Do feedback and statistics tell of the same centre? Where invitations go on being accepted and
// nobody ever enters the queue, one of the two is wrong, however fresh both claim to be. Pure.
//
//   contradiction.observe(inputs, now_s);               // every decision
//   if (contradiction.found() != Contradicted::nothing) // degraded, statistics_contradicted
//
// Slow on purpose: what lags, comes in bursts, or was missed while one of the two was silent is no
// contradiction. It ends as soon as that moves which stood still.
#pragma once

#include <array>
#include <cstdint>

#include "services/pacer/pacing_inputs.h"

namespace paceline::pacer {

enum class Contradicted : std::uint8_t {
  nothing,
  in_part,   // Those who entered, those who were answered or left, or the agents: one stands still.
  standing,  // All of the statistics stand still while the feedback goes on.
};

class Contradiction {
 public:
  // What must have been told, and for how long, before that which stands still is disbelieved.
  static constexpr double still_s = 120;
  static constexpr float told_least = 10;
  static constexpr double agents_still_s = 300;
  static constexpr float agents_told_least = 30;
  static constexpr double grace_s = 30;  // What is told so soon after a move may belong to it.

  /// Looks at what moved since the last call. A restart of a counter, a feedback after a gap, and
  /// more than two minutes between two calls begin anew.
  ///   now_s  [s] of the pacing world
  ///   cost   O(1)
  void observe(const PacingInputs& inputs, double now_s);

  Contradicted found() const { return found_; }

 private:
  struct Watch {
    double moved_s = 0;  // When it last moved.
    float told = 0;      // What should have moved it since.

    void look(bool moved, double more, double now_s);
  };
  struct Seen {
    std::uint64_t stat_epoch = 0;
    std::uint64_t feedback_epoch = 0;
    std::uint64_t entered = 0;
    std::uint64_t ended = 0;     // Answered and abandoned, by the source.
    std::uint64_t accepted = 0;  // By the endpoint, as the next.
    std::uint64_t outcomes = 0;
    std::uint64_t answered = 0;
    std::array<std::int32_t, 5> agents{};
  };
  static Seen seen_in(const PacingInputs& inputs);

  Seen last_{};
  double last_s_ = 0;
  double feedback_s_ = 0;  // When the last feedback was true.
  bool begun_ = false;
  Contradicted found_ = Contradicted::nothing;
  Watch entered_{};  // By acceptances.
  Watch ended_{};    // By what the endpoint says was answered or abandoned.
  Watch agents_{};   // Their states and the queue: by what the endpoint says was answered.
};

}  // namespace paceline::pacer
