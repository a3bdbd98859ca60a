// How far this host's clock is from the endpoint's, by the `Date` headers of its answers.
//
//   skew.observe(answer.header("date"), received, round_trip, now);
//   if (const auto estimate = skew.estimate(now)) ... estimate->least() > 1s ...
//
// The endpoint wrote its date at some instant between sending and receiving, and cut it to whole
// seconds: the middle of the round trip is compared with the middle of that second, and the error is
// half of both. Of the last samples the one with the least error counts; one that contradicts it
// says that a clock was set, and forgets the older ones.
#pragma once

#include <deque>
#include <optional>
#include <string_view>

#include "common/base/time.h"

namespace paceline::publisher {

class ClockSkew {
 public:
  struct Estimate {
    double skew_ms = 0;   // [ms, +-9e12] Our clock minus the endpoint's.
    double error_ms = 0;  // [ms, > 500] By which that may be wrong, either way.

    /// [ms, >= 0] The clocks are at least that far apart.
    double least_ms() const;
  };

  /// One answer.
  ///   date         of its header; "" or of another form = says nothing
  ///   received     by the clock that is judged
  ///   round_trip   [>= 0]
  void observe(std::string_view date, WallTime received, Duration round_trip, Instant now);

  /// Nothing as long as no answer of the last 5 minutes had a date.
  std::optional<Estimate> estimate(Instant now) const;

 private:
  struct Sample {
    Estimate estimate;
    Instant at{};
  };
  std::deque<Sample> samples_;  // At most 8, oldest first.
};

}  // namespace paceline::publisher
