// Does the push tell what polls see? A server may answer every connect and push nothing, or not all:
// then the numbers freeze, and nothing but a comparison shows it.
//
//   PushCheck check{mapping, patience};
//   check.told(statistic, value, timestamp_ms, now);   // pushed, or told when it was opened
//   if (auto found = check.polled(statistic, batch, value, asked, now)) ...   // the push is wrong
//   if (auto due = check.to_ask(now)) ask for that statistic again
//
// A difference is no contradiction: news may be under way. It is one if a second poll, `patience`
// after the first, still shows another number than the push told last, and the push told nothing of
// that statistic meanwhile.
//
// Invariants
//   What was told after a poll was asked is never compared with that poll.
//   At most `max_suspects` differences are followed at once.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "common/base/time.h"
#include "services/statfeed/batches.h"
#include "services/statfeed/mapping.h"

namespace paceline::statfeed {

class PushCheck {
 public:
  static constexpr std::size_t max_suspects = 64;

  struct Contradiction {
    Statistic statistic = 0;
    std::optional<double> pushed;  // What the push told last; nothing = that there is no value.
    std::optional<double> polled;
    Duration since{};  // [> 0] the first poll that showed a difference.
  };
  struct Suspect {
    Statistic statistic = 0;
    Batches::Id batch = 0;
  };

  ///   patience   [> 0] how long news may be under way; that of a kind that is told periodically is
  ///              longer by its period
  PushCheck(const Mapping& mapping, Duration patience);

  /// A new session: nothing was told in it.
  void begin();

  /// By a push, or by the answer that opened the subscription.
  ///
  ///   timestamp_ms   [ms since 1970] by the server; 0 = not said. What was overtaken on the way, by
  ///                  the ledger's rule, shows that the push is alive, and no number.
  void told(Statistic statistic, std::optional<double> value, std::int64_t timestamp_ms,
            Instant now);

  /// A poll that was sent at `asked` shows this. Kinds that the server may tell late or roughly are
  /// not compared: averages, those with an insensitivity, and those without notification.
  std::optional<Contradiction> polled(Statistic statistic, Batches::Id batch,
                                      std::optional<double> value, Instant asked, Instant now);

  /// A difference that is old enough to be asked for again. It is not given again for `patience`.
  std::optional<Suspect> to_ask(Instant now);
  /// Nobody asks for it any more.
  void drop(Statistic statistic) { differences_.erase(statistic); }
  /// When to_ask() has something; nothing if there is no difference.
  std::optional<Instant> due() const;

 private:
  struct Told {  // 24 bytes: there is one a statistic that is compared.
    static constexpr std::int64_t never = -1;

    double value = 0;  // Not a number: there is none.
    std::int64_t timestamp_ms = never;
    Instant at{};

    std::optional<double> number() const;
  };
  struct Difference {
    Batches::Id batch;
    Instant since;
    Instant ask_at;
  };

  std::optional<std::size_t> place_of(Statistic statistic) const;

  std::array<std::optional<Duration>, statistic_kind_count> patience_;  // Nothing: not compared.
  std::array<std::uint32_t, statistic_kind_count> place_{};  // Of a kind among those compared,
  std::uint32_t compared_ = 0;                               // of which there are so many.
  std::vector<Told> told_;                                   // By slot, then by place.
  std::map<Statistic, Difference> differences_;
};

}  // namespace paceline::statfeed
