// In which order statistics are polled where each takes a request of its own and the server allows
// only so many a second.
//
//   PollSchedule schedule{policy, mapping};
//   schedule.rebuild(targets_index.order());
//   while (auto statistic = schedule.next(now)) ask;   // as often as the rate allows
//   schedule.answered(statistic, PollSchedule::Answer::value, now);
//   come again at schedule.due(now)
//
// Rounds over all targets: a target's statistics are asked for together, needed ones in every
// round, the others in every `rest`-th. New targets, and requests that failed, come first.
// Statistics that the server does not know are asked for again after doubling pauses, by every
// fourth request at most.
//
// Invariants
//   No statistic is out twice at once.
//   Between two requests for the same needed statistic lies at most one round and what came first
//   in it.
//   No window of a second has more than per_second + burst requests.
#pragma once

#include <array>
#include <deque>
#include <optional>
#include <queue>
#include <span>
#include <vector>

#include "common/base/time.h"
#include "services/statfeed/mapping.h"

namespace paceline::statfeed {

class PollSchedule {
 public:
  struct Policy {
    double per_second = 200;      // [0.1..100000] requests.
    double burst = 10;            // [>= 1] requests at once.
    Duration least = 2s;          // A round takes no less.
    std::uint32_t rest = 4;       // [>= 1] statistics that are not needed: one round in so many.
    Duration unseen_min = 15s;    // First pause before an unknown statistic is asked for again,
    Duration unseen_max = 10min;  // and the longest.
  };
  enum class Answer : std::uint8_t { value, unseen, failed };

  PollSchedule(Policy policy, const Mapping& mapping);

  /// Forgets all; every statistic of these slots is to be asked for.
  void rebuild(std::span<const std::uint32_t> slots);
  void add(std::span<const std::uint32_t> slots);
  void remove(std::span<const std::uint32_t> slots);

  /// What to ask for now; it is out until answered().
  std::optional<Statistic> next(Instant now);
  /// Of a statistic that is no longer here: nothing happens.
  void answered(Statistic statistic, Answer answer, Instant now);
  /// When next() may have something. After answers it may be earlier.
  Instant due(Instant now) const;

  /// Every statistic of rebuild() was answered once, if only by a refusal.
  bool complete() const { return unanswered_ == 0; }
  std::size_t unseen() const { return unseen_; }
  /// Of the last whole round; zero before its end.
  Duration round() const { return last_round_; }

 private:
  enum class State : std::uint8_t { absent, idle, urgent, out, unseen };
  struct Later {
    Instant due;
    Statistic statistic;
    bool operator>(const Later& other) const { return due > other.due; }
  };

  void grow(std::uint32_t slot);
  void set(Statistic statistic, State state);
  std::optional<Statistic> choose(Instant now);
  std::optional<Statistic> from_pool(Instant now);
  std::optional<Statistic> from_round(Instant now);
  bool rests(std::uint32_t slot, StatisticKind kind) const;

  Policy policy_;
  std::array<bool, statistic_kind_count> needed_{};
  std::uint32_t asked_;          // Bits (mapping.h).
  std::vector<State> states_;    // By statistic.
  std::vector<bool> counted_;    // By statistic: complete() waits for it.
  std::vector<Duration> pause_;  // By statistic: the last one while it was unseen.
  std::vector<std::uint32_t> order_;
  std::size_t at_ = 0;  // In order_.
  std::uint32_t kind_ = 0;
  std::uint32_t rounds_ = 0;
  std::optional<Instant> began_;  // The round under way.
  Instant next_round_{};
  Duration last_round_{};
  std::deque<Statistic> urgent_;
  std::priority_queue<Later, std::vector<Later>, std::greater<>> pool_;
  std::size_t unseen_ = 0;
  std::size_t unanswered_ = 0;
  std::uint32_t since_pool_ = 0;  // Requests since one came from the pool.
  double permits_;
  Instant refilled_{};
};

}  // namespace paceline::statfeed
