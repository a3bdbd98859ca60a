// What a pacer tells of all its targets together, kept up as each of them is decided, so that to
// tell it costs the same however many there are. Pure.
//
//   ShardTotals totals{targets};
//   totals.set(index, {.reason = offer.reason, .max_pending = offer.max_pending, .cold = false});
//   totals.granted();
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/wire/messages.h"

namespace paceline::pacer {

inline constexpr std::size_t pace_reasons = words_of<PaceReason>.size();

class ShardTotals {
 public:
  struct Target {
    PaceReason reason = PaceReason::stale_statistics;
    std::int32_t max_pending = 0;  // [invitations, >= 0]
    bool cold = false;             // Paced with too little learned.

    bool operator==(const Target&) const = default;
  };

  explicit ShardTotals(std::size_t targets = 0);

  /// Replaces what is known of a target.
  ///   cost  O(1)
  void set(std::uint32_t target, const Target& now);

  const Target& of(std::uint32_t target) const { return targets_[target]; }

  /// [targets] by the reason of their last decision.
  const std::array<std::uint32_t, pace_reasons>& by_reason() const { return by_reason_; }
  /// [invitations] that may be outstanding.
  std::int64_t granted() const { return granted_; }
  /// [targets]
  std::uint32_t cold() const { return cold_; }

 private:
  std::vector<Target> targets_;
  std::array<std::uint32_t, pace_reasons> by_reason_{};
  std::int64_t granted_ = 0;
  std::uint32_t cold_ = 0;
};

}  // namespace paceline::pacer
