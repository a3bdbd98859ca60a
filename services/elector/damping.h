// A node that keeps losing mastership should not be the next to take it: a penalty that decays.
//
// Each unplanned loss adds 1000; it halves every 60 s. From 2500 on the node is suppressed until
// the penalty is below 750, at most for 300 s. Damping chooses who stands; it never touches a
// safety timer.
#pragma once

#include "common/base/time.h"

namespace paceline::elector {

class Damping {
 public:
  void lost_mastership(Instant now);

  /// Whether the node should leave standing to others.
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
