// How long to wait: for an answer, and before the next try.
#pragma once

#include "common/base/time.h"

namespace paceline {

/// The time a request may take, strictly inside the refresh period, so that cycles never overlap.
///
///   period   [> 0]
///   share    (0..1) of it
Duration request_timeout(Duration period, double share);

/// Delays between tries that fail: full jitter, so that clients that failed together do not come
/// again together. Delay n is uniform in [floor, max(floor, min(most, first x 2^n))].
class Backoff {
 public:
  struct Policy {
    Duration floor{};     // [>= 0]
    Duration first = 1s;  // [> 0]
    Duration most = 60s;  // [>= first]
  };

  explicit Backoff(Policy policy) : policy_{policy} {}

  /// The delay after one more failure.
  ///   uniform   [0, 1)
  Duration next(double uniform);
  void reset() { failures_ = 0; }
  int failures() const { return failures_; }

 private:
  Policy policy_;
  int failures_ = 0;
};

}  // namespace paceline
