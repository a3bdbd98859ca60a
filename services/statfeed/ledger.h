// What one Stat Server last said about every statistic of every target: structures of arrays by
// statistic.
//
//   Ledger ledger{mapping};
//   ledger.resize(targets_index.capacity());
//   if (ledger.take(update) == Ledger::Taken::changed) ...
//   ledger.visible(slot), ledger.value(slot, StatisticKind::ready)
//
// Invariants
//   Within a session the timestamp of a statistic never falls by less than `reorder_window_ms`;
//   what falls by more is a clock that was set, and is believed.
//   A duplicate or an overtaken update changes nothing.
//   visible(slot) is true exactly when every needed statistic of the target has a value.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/base/time.h"
#include "services/statfeed/mapping.h"

namespace paceline::statfeed {

/// One thing that a Stat Server said about one statistic.
struct StatisticUpdate {
  enum class Status : std::uint8_t {
    value,
    invalid,  // It knows the statistic, but has no value for it now.
    unseen,   // It does not know the object or the statistic.
  };

  Statistic statistic = 0;
  Status status = Status::value;
  std::int64_t timestamp_ms = 0;  // [ms since 1970] by the server; 0 = not said.
  double value = 0;
  Duration age{};  // [>= 0] how old it was when it was read.

  bool operator==(const StatisticUpdate&) const = default;
};

class Ledger {
 public:
  enum class Known : std::uint8_t { unheard, value, invalid, unseen };
  enum class Taken : std::uint8_t {
    changed,   // The number or the state changed.
    repeated,  // The same again.
    late,      // Overtaken by a newer one: ignored.
  };
  static constexpr std::int64_t reorder_window_ms = 60'000;

  explicit Ledger(const Mapping& mapping);

  /// Room for so many slots; what is there stays.
  void resize(std::uint32_t slots);
  /// The slot's target left, or another came: nothing is known about it.
  void forget(std::uint32_t slot);
  /// The server may have restarted: timestamps of before no longer make an update late.
  void begin_session();

  /// `update.statistic` must be within resize().
  Taken take(const StatisticUpdate& update, Instant now = {});

  bool visible(std::uint32_t slot) const { return lacking_[slot] == 0; }
  Known known(std::uint32_t slot, StatisticKind kind) const {
    return known_[statistic_of(slot, kind)];
  }
  /// The last number heard, 0 if none; stays when the statistic becomes invalid.
  double value(std::uint32_t slot, StatisticKind kind) const {
    return values_[statistic_of(slot, kind)];
  }

  /// When the oldest needed value of a visible target was true, as far as updates tell.
  Instant oldest(std::uint32_t slot) const;
  /// What was last said about a statistic in this session; nothing if nothing was.
  std::optional<StatisticUpdate> last(Statistic statistic) const;

  std::uint32_t slots() const { return static_cast<std::uint32_t>(lacking_.size()); }
  std::uint32_t visible_slots() const { return visible_slots_; }
  /// Those of which no needed value is older than `most`: fewer, where each value ages by itself.
  ///   cost   O(slots)
  std::uint32_t fresh_slots(Duration most, Instant now) const;
  /// [ms since 1970] the newest timestamp heard in this session; 0 = none.
  std::int64_t newest_ms() const { return newest_ms_; }

 private:
  void set_known(Statistic statistic, Known known);

  std::array<bool, statistic_kind_count> needed_{};
  std::array<std::uint8_t, statistic_kind_count> place_{};  // Of a kind among those needed.
  std::uint8_t needed_count_ = 0;
  std::vector<double> values_;
  std::vector<std::int64_t> timestamps_;
  std::vector<Instant> read_at_;  // By slot, then by place.
  std::vector<Known> known_;
  std::vector<std::uint8_t> lacking_;  // By slot: needed statistics without a value.
  std::uint32_t visible_slots_ = 0;
  std::int64_t newest_ms_ = 0;
};

}  // namespace paceline::statfeed
