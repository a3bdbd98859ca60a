// How long a round trip takes as a function of its bytes, and how many targets fit into the period.
//
// A straight line through the round trips seen, older ones forgotten:
//
//   time = base + bytes x seconds_per_byte
//
// Full publications and deltas differ in size, which is what makes the slope visible.
#pragma once

#include <cstdint>
#include <optional>

namespace paceline::publisher {

class Capacity {
 public:
  /// One accepted publication.
  ///   bytes          [>= 0] of the request as sent and of its answer, together
  ///   round_trip_s   [s, >= 0]
  void observe(double bytes, double round_trip_s);

  struct Line {
    double base_s = 0;            // [s, >= 0] of a request without a body.
    double seconds_per_byte = 0;  // [s, > 0]
  };
  /// Nothing until sizes apart were seen, and the larger ones took visibly longer.
  std::optional<Line> line() const;

  /// How many targets a full publication could hold before its round trip takes too long.
  ///   limit_s            [s, >= 0] that it may take
  ///   bytes_per_target   [> 0]
  ///   returns            [0..1e9]; nothing as long as line() knows nothing
  std::optional<double> targets_within(double limit_s, double bytes_per_target) const;

 private:
  double weight_ = 0;
  double bytes_ = 0;  // Weighted means.
  double time_ = 0;
  double bytes_variance_ = 0;
  double time_variance_ = 0;
  double covariance_ = 0;
};

}  // namespace paceline::publisher
