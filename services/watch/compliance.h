// The compliance record: for each target and each of its days what was offered, answered and abandoned, kept for more
// than a year, and whether anybody changed it since.
//
//   book.note(table, numbers, epoch, wall_ms);     // once a step of history
//   const auto record = book.read(index, "sales", number);   // all its days, oldest first, and today
//
// A day that is over is written with a digest of itself and of the digest before it (compliance_day), so one that is
// changed, removed or put between shows. The newest digest stands with the open day, the one before the oldest is kept
// as well. Who can write the file can make a new chain from the beginning: note the newest digest elsewhere.
//
// A day ends for all targets of a zone at once: those of 500 are written a step of history. What the open day has come
// to is written in turns, all targets within five minutes at the default step, with the counters it was reckoned from:
// after a restart the difference to them is counted, so nothing is lost.
//
// Pure (the store is a port). Invariant: at most `most_unwritten` days wait for the store.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "services/watch/compliance_day.h"
#include "services/watch/store.h"
#include "services/watch/target_table.h"

namespace paceline::watch {

/// What is known of a target's days.
struct ComplianceRecord {
  std::vector<ComplianceDay> days{};   // Oldest first.
  std::vector<std::string> digests{};  // Of each; "" of the day that is open.
  std::string fault{};                 // Where the chain is broken, as a sentence; "" = nowhere.
};

class ComplianceBook {
 public:
  static constexpr std::size_t most_unwritten = 50'000;

  ///   keep_days   [1..4000] of each target
  ///   store       null = nothing is recorded
  ComplianceBook(int keep_days, Store* store) : keep_days_{keep_days}, store_{store} {}

  /// The targets that are recorded from now on; what was open of them is taken up again.
  ///   numbers   of the store, by target
  ///   errors    of the store; to be called again, until then nothing is recorded
  Result<void> begin(const std::vector<std::string>& ids, std::vector<std::uint32_t> numbers);
  bool begun() const { return begun_; }

  /// Counts what the endpoint told since the last call, and writes the days that are over.
  ///   epoch     of the endpoint's counters
  ///   errors    of the store; what could not be written waits
  Result<void> note(const TargetTable& table, std::string_view epoch, std::int64_t wall_ms);

  ///   target    [0..targets)
  ///   errors    unavailable: nothing is recorded; of the store
  Result<ComplianceRecord> read(std::uint32_t target) const;

  int keep_days() const { return keep_days_; }
  /// Days that could not be written and were given up.
  std::uint64_t days_lost() const { return lost_; }

 private:
  struct Open {
    ComplianceDay day{};
    bool begun = false;
    bool counted = false;     // The counters below are known.
    std::uint64_t epoch = 0;  // Hash of it.
    std::uint64_t accepted = 0;
    std::uint64_t answered = 0;
    std::uint64_t abandoned = 0;
    std::string digest{};  // Of the last day that is over; "" before the first.
    std::int64_t noted_ms = 0;
    bool changed = false;  // Since it was written.
  };

  static std::string encode(const Open& open);
  static Result<Open> decode(std::string_view bytes);
  void count(Open& open, const TargetRow& row, std::uint64_t epoch, std::int64_t wall_ms) const;
  void close(std::uint32_t target);
  Result<void> write(const std::vector<std::uint32_t>& turn);

  int keep_days_;
  Store* store_;
  bool begun_ = false;
  std::vector<std::string> ids_{};
  std::vector<std::uint32_t> numbers_{};
  std::vector<Open> open_{};
  std::unordered_map<std::uint32_t, std::uint32_t> at_{};  // Number -> target.
  std::size_t next_ = 0;                                   // Whose open day is written next.
  std::vector<StoredDay> unwritten_{};                     // Days that are over.
  std::uint64_t lost_ = 0;
};

/// Abandonment over the `days` [>= 1] calendar days that end with each of the record's, 0..1; -1 where
/// none of them had an outcome.
std::vector<double> rolling_abandonment(const std::vector<ComplianceDay>& record, int days);

}  // namespace paceline::watch
