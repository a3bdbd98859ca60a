// The past of every target in three resolutions: the last minutes in memory, the rest in a store.
//
//   if (history.due(wall)) history.sample(table, wall);   // once a step
//   history.compact(wall);                                // often: a slice of the work that is due
//   history.read(index, {.from_ms = .., .to_ms = ..})     // what a person asks for
//
// A sample of all targets is one row of the store at once, so that a crash loses nothing. When a
// stretch of `history_tiers[0].chunk` steps is over, its samples become one chunk for each series,
// and the coarser resolutions follow from it: slice by slice, so that no call takes long.
//
// Pure (the store is a port). Invariants:
//   1  At most `most_samples` samples are in memory.
//   2  A tier keeps `keep` steps.
//   3  The store's size stays under its bound, within one chunk's growth.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "common/base/time.h"
#include "services/watch/packed_sample.h"
#include "services/watch/series.h"
#include "services/watch/store.h"
#include "services/watch/target_table.h"

namespace paceline::watch {

struct HistoryTier {
  std::int64_t factor;  // Its step is so many of the finest.
  std::int64_t keep;    // [its steps]
  std::int64_t chunk;   // [its steps] together in one row of the store.
};

/// With a finest step of 10 s: 10 s for 6 h, 1 min for 48 h, 10 min for 30 days.
inline constexpr std::array<HistoryTier, 3> history_tiers{{
    {1, 2160, 30},
    {6, 2880, 60},
    {60, 4320, 36},
}};

/// What a person asks for.
struct HistoryQuery {
  std::int64_t from_ms = 0;  // [ms since 1970]
  std::int64_t to_ms = 0;    // >= from_ms
  std::int64_t step_ms = 0;  // The coarsest that will do; 0 = as suits the stretch.
};

struct HistorySeries {
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  std::int64_t step_ms = 0;
  std::vector<HistoryPoint> points{};  // Keys are steps: time = key x step_ms. Oldest first.
};

/// No series has more rows than this.
inline constexpr std::int64_t most_history_rows = 4320;

class History {
 public:
  struct Options {
    std::int64_t step_ms = 10'000;          // [1000..60000] the finest.
    std::uint64_t most_bytes = 1ull << 30;  // The store may take.
  };
  /// In memory: two chunks and what is being closed.
  static constexpr std::size_t most_samples = 66;

  ///   ids     of the table that is sampled; the series after the last is all targets together
  ///   store   null = there is only what memory holds
  History(Options options, const std::vector<std::string>& ids, Store* store);

  /// The table was renewed. Of a target that is gone, what is closed stays; its last minutes go.
  ///   before   where each target was; UINT32_MAX = it is new
  void renumber(const std::vector<std::string>& ids, const std::vector<std::uint32_t>& before);

  /// Whether a new step has begun.
  bool due(std::int64_t wall_ms) const;

  /// One point for every target, and one for all together.
  ///   errors   of the store; the sample is in memory all the same
  Result<void> sample(const TargetTable& table, std::int64_t wall_ms);

  /// Closes a slice of the oldest chunk that is over, forgets what is too old if it may.
  ///   returns  whether anything was due and written
  ///   errors   of the store; to be tried again
  Result<bool> compact(std::int64_t wall_ms, bool may_forget = true);

  /// `series` [0..targets]: the last is all together.
  ///   errors   of the store
  Result<HistorySeries> read(std::uint32_t series, const HistoryQuery& query,
                             std::int64_t wall_ms) const;

  std::int64_t step_ms() const { return options_.step_ms; }
  /// Of the store, by series; meaningless without one.
  const std::vector<std::uint32_t>& numbers() const { return numbers_; }
  std::uint32_t all_together() const { return targets_; }
  std::size_t samples_in_memory() const { return samples_.size(); }
  /// Samples that were dropped before they were kept for good.
  std::uint64_t samples_lost() const { return lost_; }
  /// Chunks of the store that no reader could read.
  std::uint64_t unreadable() const { return unreadable_; }
  /// Why the store is not used, although there is one; "" if all is well.
  const std::string& failure() const { return failure_; }

 private:
  struct Counted {
    std::array<std::uint64_t, 4> at{};
    bool ever = false;
  };

  std::optional<std::vector<StoredSample>> attach(const std::vector<std::string>& ids);
  void restore(const std::vector<StoredSample>& stored);
  HistoryValues values_of(const TargetRow& row, Counted& before) const;
  HistoryValues sum_of(const TargetTable& table, const std::vector<HistoryValues>& values) const;
  std::vector<HistoryPoint> in_memory(std::uint32_t series, std::int64_t from,
                                      std::int64_t to) const;
  std::vector<std::vector<HistoryPoint>> in_memory(std::uint32_t first, std::uint32_t last,
                                                   std::int64_t from, std::int64_t to) const;
  Result<std::vector<HistoryPoint>> stored(int tier, std::uint32_t series, std::int64_t from,
                                           std::int64_t to) const;
  Result<std::vector<HistoryPoint>> finest(std::uint32_t series, std::int64_t from,
                                           std::int64_t to) const;
  Result<void> close_slice(StoreBatch& batch, std::int64_t chunk, std::uint32_t until);
  Result<void> forget(std::int64_t wall_ms);

  Options options_;
  std::uint32_t targets_;
  Store* store_;
  std::vector<std::uint32_t> numbers_;  // Of the store, by series.
  std::deque<PackedSample> samples_{};  // By step.
  std::vector<Counted> counted_;
  std::uint32_t closed_ = 0;  // Series of the oldest chunk that are closed.
  std::uint64_t lost_ = 0;
  mutable std::uint64_t unreadable_ = 0;
  std::string failure_{};
};

}  // namespace paceline::watch
