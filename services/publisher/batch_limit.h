// How many targets go into one request: as many as are allowed, fewer where that is too much.
//
//   offers.fill(request, full, limit.limit());
//   limit.too_large(n) | limit.timed_out(n) | limit.accepted()
//
// A 413 is the endpoint's own bound and stays until reset(). A time-out may have had any reason:
// the limit is halved at once, and each acceptance doubles it again. So a publication that has
// outgrown the period goes out in batches that fit instead of failing for ever.
#pragma once

#include <cstddef>

namespace paceline::publisher {

class BatchLimit {
 public:
  /// `most` [>= 1] targets in one request.
  explicit BatchLimit(std::size_t most) : most_{most}, ceiling_{most}, limit_{most} {}

  std::size_t limit() const { return limit_; }

  /// A request with `targets` was refused as too large.
  ///   returns   false: it cannot be split any further
  bool too_large(std::size_t targets);
  /// A request with `targets` was not answered in time; one that is small anyway says nothing.
  void timed_out(std::size_t targets);
  void accepted();
  void reset() { limit_ = ceiling_ = most_; }

 private:
  std::size_t most_;
  std::size_t ceiling_;  // By 413s.
  std::size_t limit_;    // By time-outs too.
};

}  // namespace paceline::publisher
