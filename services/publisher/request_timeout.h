// How long a publication may take: long enough for the endpoint as it is.
//
//   request.timeout = timeout.value();
//   timeout.timed_out()  |  timeout.answered(round_trip)
//
// It begins inside the period, so that a fault is noticed early, and doubles with each time-out: an
// endpoint that is slow makes late publications, not none. It is halved again after three answers
// in a row that came within a quarter of it, so that no answer like them would be cut off.
#pragma once

#include "common/base/time.h"

namespace paceline::publisher {

class RequestTimeout {
 public:
  /// first   [> 0]
  /// most    [>= first] A publication is worth nothing after that.
  RequestTimeout(Duration first, Duration most);

  Duration value() const { return timeout_; }

  void timed_out();
  void answered(Duration round_trip);

 private:
  Duration first_;
  Duration most_;
  Duration timeout_;
  int quick_in_a_row_ = 0;
};

}  // namespace paceline::publisher
