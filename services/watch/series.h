// The past as numbers: what is kept of a target at an instant, how several such points become one
// of a coarser resolution, and their bytes.
//
//   const std::string bytes = encode_points(points);
//   const auto again = decode_points(bytes, 60);       // equal, or an error
//
// Pure. Invariants:
//   1  decode_points(encode_points(p)) == p; any other bytes give points or an error.
//   2  roll_up keeps the sums of counters.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace paceline::watch {

/// How points of a column become one: gauges by their mean, counters by their sum, words by the
/// most frequent (of equally frequent ones the later).
enum class ColumnKind : std::uint8_t { gauge, counter, word };

struct HistoryColumn {
  const char* name;
  ColumnKind kind;
  int scale;  // What is kept is round(value x scale).
};

namespace history {
enum Column : std::size_t {
  granted,
  pending,
  max_pending,
  in_queue,
  logged_in,
  ready,
  occupancy,
  abandonment,
  acceptance,
  reactive_state,
  sent,
  accepted,
  answered,
  abandoned,
  goal,
  reason,
  count
};
}  // namespace history

/// In the order of history::Column; the table in API.md says what each is.
inline constexpr std::array<HistoryColumn, history::count> history_columns{{
    {"granted", ColumnKind::gauge, 10},
    {"pending", ColumnKind::gauge, 10},
    {"max_pending", ColumnKind::gauge, 10},
    {"in_queue", ColumnKind::gauge, 10},
    {"logged_in", ColumnKind::gauge, 10},
    {"ready", ColumnKind::gauge, 10},
    {"occupancy", ColumnKind::gauge, 1000},
    {"abandonment", ColumnKind::gauge, 10000},
    {"acceptance", ColumnKind::gauge, 1000},
    {"reactive_state", ColumnKind::gauge, 1000},
    {"sent", ColumnKind::counter, 1},
    {"accepted", ColumnKind::counter, 1},
    {"answered", ColumnKind::counter, 1},
    {"abandoned", ColumnKind::counter, 1},
    {"goal", ColumnKind::word, 1},
    {"reason", ColumnKind::word, 1},
}};

/// The values of one point, scaled; nothing is known at that time if the reason is `unknown`.
struct HistoryValues {
  static constexpr std::int32_t unknown = -1;

  std::array<std::int32_t, history::count> at{};

  bool known() const { return at[history::reason] != unknown; }
  /// `value` as column `column` keeps it; clamped to 32 bits, 0 if it is not a number.
  void set(history::Column column, double value);
  double get(history::Column column) const;

  bool operator==(const HistoryValues&) const = default;
};

/// One point. Its key is a step of time (start / step) in a series, or the series in a sample.
struct HistoryPoint {
  std::int64_t key = 0;
  HistoryValues values;

  bool operator==(const HistoryPoint&) const = default;
};

/// Column after column as differences, runs of equal ones as one: a byte or so for a changed value.
std::string encode_points(std::span<const HistoryPoint> points);

///   errors   bad_value: not such bytes; too_large: more than `most` points
Result<std::vector<HistoryPoint>> decode_points(std::string_view bytes, std::size_t most);

/// One point for every `factor` steps of time in which there is one; unknown ones are passed over.
///   points   keys ascend
///   factor   [>= 1]
std::vector<HistoryPoint> roll_up(std::span<const HistoryPoint> points, std::int64_t factor);

/// Both by key, ascending; where both have one, that of `later`.
std::vector<HistoryPoint> merged(std::span<const HistoryPoint> earlier,
                                 std::span<const HistoryPoint> later);

}  // namespace paceline::watch
