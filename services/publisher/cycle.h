// When to publish: once a period, with one request in flight; between two periods a prompt
// publication, if something cannot wait.
//
//   cycle.start(now);                 // a new term: due at once
//   if (cycle.due(now)) cycle.sent(now), send
//   cycle.request_prompt();           // something cannot wait for the next period
//   if (cycle.prompt_due(now)) cycle.sent_prompt(now), send
//   cycle.answered(now, round_trip);
//   cycle.retry_at(later);            // it failed
//
// Invariants:
//   - However late the caller is, periods that were missed become one publication and are counted;
//     the next one is due when it would have been.
//   - A prompt publication leaves at least `gap` after any other.
//   - It leaves the connection idle for as long as the last round trip kept it busy.
//   - It is answered before the next period begins, if its round trip is like the last one.
#pragma once

#include <algorithm>
#include <cstdint>

#include "common/base/time.h"

namespace paceline::publisher {

class Cycle {
 public:
  /// period   [> 0]
  /// gap      [>= 0] 0 = no prompt publications
  Cycle(Duration period, Duration gap);

  void start(Instant now);
  bool due(Instant now) const { return now >= next_; }
  void sent(Instant now);

  void request_prompt() { prompt_requested_ = gap_ > Duration::zero(); }
  bool prompt_due(Instant now) const {
    return prompt_requested_ && now >= prompt_from_ && fits(now);
  }
  void sent_prompt(Instant now);
  void answered(Instant now, Duration round_trip);
  /// No prompt publication before.
  void suspend_prompts(Instant until) { prompt_from_ = std::max(prompt_from_, until); }

  /// The next publication goes out then, earlier or later than its period.
  void retry_at(Instant at);

  /// When something is due, if nothing else happens.
  Instant next(Instant now) const {
    const Instant prompt = std::max(now, prompt_from_);
    return prompt_requested_ && fits(prompt) ? prompt : next_;
  }
  std::uint64_t cycles() const { return cycles_; }    // Periods with a publication.
  std::uint64_t prompts() const { return prompts_; }  // Publications between two periods.
  std::uint64_t skipped() const { return skipped_; }  // Periods without a publication.

 private:
  bool fits(Instant prompt) const { return prompt + round_trip_ <= next_; }

  Duration period_;
  Duration gap_;
  Instant next_{};
  Instant prompt_from_{};
  Duration round_trip_{};  // The last one.
  bool prompt_requested_ = false;
  std::uint64_t cycles_ = 0;
  std::uint64_t prompts_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace paceline::publisher
