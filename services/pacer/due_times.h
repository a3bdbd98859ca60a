// When each target of a pacer is to be decided again. The times lie side by side, since every
// `recompute` looks at all of them: a hundred thousand are read in some tens of microseconds. Pure.
//
//   DueTimes due{targets};
//   due.changed(index);                                // its numbers are others: at once
//   if (due.is_due(index, now_s)) decide(index), due.decided(index, now_s, period_s);
//
// Each target has a grid of refreshes a period apart. A decision in between, for a change, moves none.
// Those of 64 neighbours begin together, as what neighbours need lies side by side in memory; the
// grids of many such blocks lie evenly over the period, so that no `recompute` has to decide all
// targets: of 10,000 with a period of 1 s each 100 ms bring some 1,000.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace paceline::pacer {

class DueTimes {
 public:
  /// All are due at once.
  explicit DueTimes(std::size_t targets = 0);

  bool is_due(std::uint32_t target, double now_s) const { return now_s >= due_s_[target]; }

  void changed(std::uint32_t target) { due_s_[target] = at_once; }
  void all_changed() { due_s_.assign(due_s_.size(), at_once); }

  /// It was decided.
  ///   period_s  [s, > 0] of its refresh
  ///   grid      whose grid it follows: its own index, or that of one with which it is decided
  ///   rest_s    [s, >= 0] for so long it is left alone, if nothing changes
  void decided(std::uint32_t target, double now_s, double period_s, std::uint32_t grid,
               double rest_s = 0);

  /// Takes over what is known of a target under another index, its grid too.
  void keep(std::uint32_t target, const DueTimes& from, std::uint32_t before);

 private:
  static constexpr double at_once = -1e300;

  std::vector<double> due_s_;  // [s] of the pacing world.
  std::vector<float> phase_;   // [0..1] of the period, where the grid begins.
};

}  // namespace paceline::pacer
