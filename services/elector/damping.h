// A node that keeps losing mastership should not be the next to take it: a penalty that decays.
//
//   each unplanned loss   adds 1000
//   decay                 by half every 60 s
//   suppressed            from 2500 on, until below 750, at most for 300 s
//
// The rule and its terms are those of route flap damping (RFC 2439). It chooses candidates only,
// and never touches a timer that safety depends on.
#pragma once

#include "common/base/time.h"

namespace paceline::elector {

class Damping {
 public:
  void lost_mastership(Instant now);

  /// Whether the node should leave mastership to others.
  bool suppressed(Instant now);

  /// [>= 0] 1000 = one loss just now.
  double penalty(Instant now) const;

 private:
  double penalty_ = 0;  // As of since_.
  Instant since_{};
  bool suppressed_ = false;
  Instant suppressed_at_{};
};

}  // namespace paceline::elector
