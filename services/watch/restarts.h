// Which processes are started again and again: supervisord calls those RUNNING too.
//
//   restarts.note("b/elector/0", incarnation, now);    // with each of its messages
//   for (const ProcessStarts& each : restarts.often(now)) ..
//
// Pure. Invariant: at most `most` processes are known, and the starts of each that count.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/time.h"
#include "services/watch/causes.h"

namespace paceline::watch {

class Restarts {
 public:
  static constexpr Duration window = 10min;
  static constexpr int often_at =
      3;  // Starts within the window, as the alert PacelineRestarting counts.

  ///   most   processes; those of the topology are fewer
  explicit Restarts(std::size_t most = 4096) : most_{most} {}

  /// The first incarnation that is heard of a process is no start that was seen, and one that began as it
  /// was asked to does not count.
  void note(std::string_view process, std::uint64_t incarnation, Instant now);

  /// By name.
  std::vector<ProcessStarts> often(Instant now) const;

 private:
  struct Life {
    std::uint64_t incarnation = 0;
    std::deque<Instant> starts{};  // The last hundred.
  };

  std::size_t most_;
  std::map<std::string, Life, std::less<>> lives_{};
};

}  // namespace paceline::watch
