// The days before today that must keep the goal together with it (option `rolling_days`): how many
// interactions ended and were abandoned, in few blocks of several days each, so that a year takes no
// more room than a week.
//
//   rolling.close_day(outcomes, abandoned, options.rolling_days);    // when a day is over
//   const RollingSum before = rolling.sum(options.rolling_days - 1); // of the days before today
//
// Up to eight days in a row are exact; of the oldest block of more, which may reach further back, the
// share that is still within counts. Pure.
#pragma once

#include <array>
#include <cstddef>

namespace paceline::pacer {

struct RollingSum {
  double outcomes = 0;   // [interactions, >= 0]
  double abandoned = 0;  // [interactions, 0..outcomes]
};

struct RollingDays {
  static constexpr std::size_t blocks = 8;

  struct Block {
    double days = 0;       // [days, >= 0] 0 = none.
    double outcomes = 0;   // [interactions, >= 0]
    double abandoned = 0;  // [interactions, 0..outcomes]

    bool operator==(const Block&) const = default;
  };
  std::array<Block, blocks> at{};  // The newest first.

  /// A day is over.
  ///   of     [0..366] days in a row that are asked for, with today; 0 forgets all
  ///   passed [days, >= 1] since the last call, so many but one without anything
  void close_day(const RollingSum& day, int of, double passed = 1);

  /// [days] in a row, with today, that it can tell of; 0 if it knows none.
  int reach() const;

  /// Of the last `days` [>= 0] days.
  RollingSum sum(double days) const;

  bool operator==(const RollingDays&) const = default;
};

}  // namespace paceline::pacer
