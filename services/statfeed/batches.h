// The subscriptions of one session: all statistics in batches of bounded size, each opened, polled,
// split or tried again on its own.
//
//   Batches batches{policy};
//   batches.rebuild(targets_index.order());          // a new session: everything is to be opened
//   if (auto id = batches.next_to_open(now)) ...     // ask the server, then one of:
//   batches.opened(id, subscription, unseen, true, now);   // what it does not know is asked later
//   batches.failed(id, wait, now);                   // again after a growing pause
//   batches.split(id, now);                          // refused as a whole: find the bad half
//
// Pauses double from `*_min` to `*_max`.
//
// Invariant: every statistic of every target is in exactly one batch or in the pool of those the
// server does not know.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "services/statfeed/mapping.h"

namespace paceline::statfeed {

class Batches {
 public:
  struct Policy {
    std::size_t size = 500;      // [1..5000] statistics in one subscription.
    Duration retry_min = 500ms;  // Pause after a batch failed.
    Duration retry_max = 30s;
    Duration unseen_min = 15s;  // Pause before an unknown statistic is asked for again.
    Duration unseen_max = 10min;
    int max_failures = 3;  // Failures of a batch before complete() goes without it.
    std::uint32_t kinds = usual_statistic_kinds;  // To be asked for.
    int splits = 512;  // In one session; afterwards refused batches are tried again whole.
  };

  enum class State : std::uint8_t { closed, opening, open };

  struct Batch {
    std::vector<Statistic> statistics;
    std::string subscription;  // Its id while open.
    State state = State::closed;
    bool polling = false;
    bool told = false;        // Its values have been told since it was opened.
    bool answered = false;    // Told once, or failed so often that complete() waits no longer.
    int failures = 0;         // To open or poll it, in a row.
    Instant due{};            // When to open it, or to poll it next.
    Duration pause{};         // The last one; zero after a success.
    Duration unseen_pause{};  // Of the statistics in it when they were unknown last.
    std::vector<Statistic> missed{};  // That its last poll told nothing of; ascending.
  };
  using Id = std::uint32_t;

  explicit Batches(Policy policy) : policy_{policy} {}

  /// Forgets all and puts every statistic of these slots into closed batches.
  void rebuild(std::span<const std::uint32_t> slots);
  /// More slots, in batches of their own, which complete() does not wait for.
  void add(std::span<const std::uint32_t> slots) { add(slots, false); }
  /// Slots that left. Returns the subscriptions that nobody needs any more, to be closed.
  std::vector<std::string> remove(std::span<const std::uint32_t> slots);

  /// The next closed batch that is due. Unknown statistics that are due are put into one first.
  std::optional<Id> next_to_open(Instant now);
  std::optional<Id> next_to_poll(Instant now);
  /// Every open batch is to be polled at once.
  void poll_soon(Instant now);
  /// Those that are open, at most so many.
  std::vector<std::string> subscriptions(std::size_t most) const;
  /// A statistic of an open batch, to be asked for alone: another one each time, until all of them
  /// had their turn.
  struct One {
    Id batch = 0;
    Statistic statistic = 0;
  };
  std::optional<One> next_one();
  /// Whether the batch is open and holds the statistic.
  bool is_open(Id id, Statistic statistic) const;
  /// Whether next_one() has something.
  bool any_open() const;

  /// To be changed, before anything else is asked. Null if the batch is gone (a rebuild since).
  Batch* find(Id id);

  void opening(Id id) { find(id)->state = State::opening; }
  /// The server opened the batch.
  ///
  ///   unseen   its statistics that the server does not know
  ///   told     the values of the others are known; if not, they are to be polled
  ///   returns  true if the server knows none of it: the subscription is to be closed
  bool opened(Id id, std::string subscription, const std::vector<Statistic>& unseen, bool told,
              Instant now);
  void failed(Id id, Duration at_least, Instant now);
  /// Two halves in place of one. False if it has one statistic, or the session's splits are spent.
  bool split(Id id, Instant now);
  /// The server forgot the subscription.
  void reopen(Id id, Instant now);

  /// Every batch of rebuild() was answered once, or failed too often to be waited for.
  bool complete() const { return unanswered_ == 0; }
  std::size_t unseen() const { return pool_.size(); }
  std::size_t count() const { return batches_.size(); }
  /// Open batches whose polls failed again and again: some half a minute of them in a row.
  std::size_t failing() const;
  /// When next_to_open(), or with `polls` next_to_poll(), may have something; nothing if only an
  /// answer can change that.
  std::optional<Instant> next_due(bool polls) const;

 private:
  struct Unseen {
    Statistic statistic;
    Duration pause;
    Instant due;
  };
  // What all batches come to; a thousand of them are asked for it after every answer.
  struct Summary {
    Instant open = Instant::max();  // When the next closed one is due.
    Instant poll = Instant::max();  // Likewise of those that can be polled.
    bool any_open = false;          // One can be polled.
    std::size_t failing = 0;
  };
  const Summary& summary() const;

  void add(std::span<const std::uint32_t> slots, bool counts);
  void put(std::vector<Statistic> statistics, Duration unseen_pause, bool counts);
  void answer(Batch& batch);
  void erase(std::map<Id, Batch>::iterator batch);

  Policy policy_;
  std::map<Id, Batch> batches_;
  mutable std::optional<Summary> summary_;  // Until a batch may have changed.
  std::vector<Unseen> pool_;
  Id next_id_ = 1;
  std::uint64_t turn_ = 0;  // Of next_one(), over the statistics of all open batches.
  int splits_ = 0;
  std::size_t unanswered_ = 0;
};

}  // namespace paceline::statfeed
