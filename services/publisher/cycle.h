// The rhythm of publishing: one publication a period, one request in flight, late beats coalesced;
// between two beats a prompt one, if something cannot wait.
//
//   cycle.start(now);                  // a new term: due at once
//   if (cycle.due(now)) cycle.sent(now), send
//   cycle.urge();                      // something cannot wait for the beat
//   if (cycle.prompt_due(now)) cycle.sent_prompt(now), send
//   cycle.answered(now, round_trip);
//   cycle.retry_at(later);             // it failed
//
// Invariants: however late the caller is, beats that were missed become one publication and are
// counted; the rhythm stays. A prompt one leaves at least `gap` after any other, leaves the way
// idle for as long as the last one kept it busy, and is answered before the next beat if its round
// trip is like the last.
#pragma once

#include <algorithm>
#include <cstdint>

#include "common/base/time.h"

namespace paceline::publisher {

class Cycle {
 public:
  /// `period` [> 0]; `gap` [>= 0], 0 = no prompt ones.
  Cycle(Duration period, Duration gap);

  void start(Instant now);
  bool due(Instant now) const { return now >= next_; }
  void sent(Instant now);

  void urge() { is_urgent_ = gap_ > Duration::zero(); }
  bool prompt_due(Instant now) const { return is_urgent_ && now >= prompt_from_ && fits(now); }
  void sent_prompt(Instant now);
  void answered(Instant now, Duration round_trip);
  /// No prompt ones before.
  void rest_prompts(Instant until) { prompt_from_ = std::max(prompt_from_, until); }

  /// The next publication goes out then, earlier or later than the rhythm has it.
  void retry_at(Instant at);

  /// When something is due, if nothing else happens.
  Instant next(Instant now) const {
    const Instant prompt = std::max(now, prompt_from_);
    return is_urgent_ && fits(prompt) ? prompt : next_;
  }
  Duration period() const { return period_; }
  std::uint64_t cycles() const { return cycles_; }    // Beats sent.
  std::uint64_t prompts() const { return prompts_; }  // Sent between two beats.
  std::uint64_t skipped() const { return skipped_; }  // Beats that passed without a publication.

 private:
  bool fits(Instant prompt) const { return prompt + round_trip_ <= next_; }

  Duration period_;
  Duration gap_;
  Instant next_{};
  Instant prompt_from_{};
  Duration round_trip_{};  // The last one.
  bool is_urgent_ = false;
  std::uint64_t cycles_ = 0;
  std::uint64_t prompts_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace paceline::publisher
