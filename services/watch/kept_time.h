// The time by which the past is kept. A wall clock may jump, and what follows it then would be lost: set forward by 40
// days, everything that is older than the history keeps would be forgotten at once.
//
//   KeptTime time;
//   const WallTime at = time.note(now, wall, cluster.peer_clocks(now));   // once a step
//   history.compact(at, time.may_forget());
//
// Pure. A jump counts when most peers' clocks say the same, or when it has lasted for ten minutes; until then time goes
// on as it passes. After a start nothing is forgotten before either.
#pragma once

#include <optional>

#include "common/base/time.h"

namespace paceline::watch {

/// What the clocks of other nodes say of ours: most agree, most differ, or none is known.
enum class ClockAgreement : std::uint8_t { unknown, agree, differ };

class KeptTime {
 public:
  static constexpr Duration bound = 10min;
  static constexpr Duration tolerance = 2s;  // Between two steps: it is a jump beyond.

  /// The time to keep the past by.
  ///   wall   our wall clock at `now`
  WallTime note(Instant now, WallTime wall, ClockAgreement peers);

  /// Whether what is too old may be forgotten.
  bool may_forget() const { return confirmed_; }

  /// By how much the wall clock is ahead of the time that passed, while that is not confirmed.
  std::optional<Duration> unconfirmed_jump() const { return jump_; }

 private:
  struct Point {
    Instant at{};
    WallTime wall{};
  };

  std::optional<Point> first_;
  Point last_{};
  bool confirmed_ = false;
  std::optional<Duration> jump_;
  Instant jumped_at_{};
};

}  // namespace paceline::watch
