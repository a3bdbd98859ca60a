// The rhythm of publishing: one publication a period, one request in flight, late beats coalesced.
//
//   cycle.start(now);                  // a new term: due at once
//   if (cycle.due(now)) cycle.sent(now), send
//   cycle.retry_at(later);             // it failed
//
// Invariant: however late the caller is, beats that were missed become one publication and are
// counted; the rhythm stays.
#pragma once

#include <cstdint>

#include "common/base/time.h"

namespace paceline {

class Cycle {
 public:
  /// `period` [> 0]
  explicit Cycle(Duration period);

  void start(Instant now) { next_ = now; }
  bool due(Instant now) const { return now >= next_; }
  void sent(Instant now);

  /// The next publication goes out then, earlier or later than the rhythm has it.
  void retry_at(Instant at);

  Instant next() const { return next_; }
  Duration period() const { return period_; }
  std::uint64_t cycles() const { return cycles_; }    // Sent.
  std::uint64_t skipped() const { return skipped_; }  // Beats that passed without a publication.

 private:
  Duration period_;
  Instant next_{};
  std::uint64_t cycles_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace paceline
