// The last hours of every target in memory: one point each a sampling period, oldest overwritten.
//
// Pure. Invariant: never more than `points_each()` points a target, allocated once at 40 bytes a
// point.
#pragma once

#include <cstdint>
#include <vector>

#include "services/watch/target_table.h"

namespace paceline {

struct HistoryPoint {
  std::int64_t wall_ms = 0;                 // [ms since 1970]
  std::int32_t proactive = 0;               // [invitations] granted then.
  std::int32_t pending = 0;                 // [invitations]
  std::int32_t ready = 0;                   // [agents]
  std::int32_t in_queue = 0;                // [interactions]
  std::uint16_t busy_per_mille = 0;         // [0..1000] busy and wrap-up / logged in.
  std::uint16_t abandonment_per_10000 = 0;  // [0..10000] of proactive interactions.
  std::uint32_t accepted = 0;               // Since the endpoint's epoch.

  bool operator==(const HistoryPoint&) const = default;
};

class History {
 public:
  /// `most_points` [>= 1] for all targets together: with many targets each keeps fewer.
  ///   points_each   [>= 1] that a target keeps at most
  History(std::size_t targets, std::size_t points_each, std::size_t most_points);

  /// One point for every target of `table`, which must be the one it was made for.
  void sample(const TargetTable& table, std::int64_t wall_ms);

  /// The table was renewed: `before` says where each of its targets was. What has left is
  /// forgotten.
  void renumber(const std::vector<std::uint32_t>& before);

  /// Oldest first.
  std::vector<HistoryPoint> of(std::uint32_t index) const;

  std::size_t points_each() const { return points_each_; }

 private:
  std::size_t targets_;
  std::size_t points_each_;
  std::size_t samples_ = 0;
  std::vector<HistoryPoint> points_;  // Sample-major: sampling writes one contiguous stretch.
};

}  // namespace paceline
