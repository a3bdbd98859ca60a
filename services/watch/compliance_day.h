// One day of one target as it is kept for who must show that a goal was kept: what was counted, which goal was in force,
// and a digest that follows from the day before.
//
//   day.digest = day_digest(previous, "sales", encode_day(day));
//
// Pure. Invariants:
//   1  decode_day(encode_day(d)) == d; any other bytes give a day or an error.
//   2  A day whose bytes, target or predecessor are others has another digest (SHA-256, its first 16 bytes).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace paceline::watch {

struct ComplianceDay {
  std::int32_t date = 0;         // [days since 1970-01-01] of the target's calendar.
  std::int64_t begins_ms = 0;    // [ms since 1970]
  std::int64_t ends_ms = 0;      // [ms since 1970, > begins_ms]
  std::int64_t counted_ms = 0;   // [ms, >= 0] of it that were watched.
  std::uint64_t offered = 0;     // [interactions] visitors who accepted an invitation.
  std::uint64_t answered = 0;    // [interactions] of them taken by an agent.
  std::uint64_t abandoned = 0;   // [interactions] of them left before.
  std::uint8_t goal_target = 0;  // OptimizationTarget, as it was when the day ended.
  std::uint8_t goal = 0;         // [percent] optimizationGoal likewise.
  bool goal_changed = false;     // Another goal was in force earlier in the day.

  bool operator==(const ComplianceDay&) const = default;
};

std::string encode_day(const ComplianceDay& day);

///   errors   bad_value: not such bytes
Result<ComplianceDay> decode_day(std::string_view bytes);

inline constexpr std::size_t digest_bytes = 16;

///   previous   the digest of the day before; "" for a target's first
std::string day_digest(std::string_view previous, std::string_view target, std::string_view day);

/// Lower case, two digits a byte.
std::string hexadecimal(std::string_view bytes);

}  // namespace paceline::watch
