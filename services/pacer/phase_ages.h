// Who is in a phase (service or wrap-up), since when, and how many of them come free soon. Start
// times are reconstructed from counts: each rise begins one, each fall ends the one that the
// learned hazard makes most likely.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "services/pacer/hazard.h"
#include "services/pacer/on_demand.h"

namespace paceline::pacer {

inline constexpr std::size_t max_horizons = 5;

/// Slots that come free within each horizon.
struct Forecast {
  std::array<double, max_horizons> mean{};        // [slots]
  std::array<double, max_horizons> variance{};    // [slots^2]
  std::array<double, max_horizons> from_start{};  // [0..1] Of an interaction that begins now.
};

/// The slots in one phase by the time since it began, and what that phase has taught.
class PhaseAges {
 public:
  Hazard hazard{};

  /// Some slots left the phase, drawn by the hazard; new ones fill up to `count`.
  ///   ends   [slots, >= 0] that left
  ///   dt_s   [s, >= 0] since the last call; 0 = the first one, or after a gap
  ///   now_s  [s] when the counts were true
  void reconstruct(std::int32_t count, double ends, double dt_s, double now_s);
  /// Forgets who is in the phase; what was learned stays.
  void forget_ages();
  /// Makes the chances below fit what was learned, if that or the arguments changed noticeably.
  ///   mean_s  [s, > 0] of this phase
  ///   then_s  [s, >= 0] mean of the phase that follows before the slot is free
  void prepare(std::span<const double> horizons_s, double mean_s, double then_s);

  /// Adds those of `slots` slots that come free within each horizon of prepare().
  ///   cost  O(slots + bins x horizons)
  void add_free(double slots, Forecast& forecast);
  /// Chance that a slot which enters the phase now is free within the k-th horizon.
  double free_from_start(std::size_t k) const { return chance_[0][k]; }

  /// Changes whenever prepare() made the chances anew.
  std::uint32_t remade() const { return remade_; }

  std::size_t count() const { return starts_.size(); }
  /// Asks the memory for the ages, which the next call reads.
  void fetch_ages() const { fetch_ahead(starts_.data(), starts_.size() * sizeof(double)); }
  /// Whether most start times are reconstructed rather than guessed.
  bool known() const { return guesses_ * 2 <= starts_.size(); }

 private:
  void expose(double dt_s);
  void end_one(double now_s);
  void end_oldest(std::size_t ends, double now_s);

  // Slots by hazard bin.
  struct Bins {
    std::uint32_t occupied = 0;  // A bit each. Of the others nothing is set:
    std::array<double, hazard_bins> count;
    std::array<double, hazard_bins> elapsed_s;  // Sum.

    void add(std::size_t bin, double slots, double sum_s);
  };
  Bins bins() const;
  void make_chances(std::uint32_t edges);

  std::vector<double> starts_;  // [s] when each slot entered the phase, ascending.
  double counted_s_ = 0;        // [s] when there were so many.
  std::size_t guesses_ = 0;     // How many of them, from the oldest, are only guessed.
  double mean_s_ = 240;
  bool learned_more_ = true;
  int prepared_ = 0;  // Calls of prepare() since the chances were made.
  std::uint32_t remade_ = 0;
  double then_s_ = 0;
  std::array<double, max_horizons> horizons_s_{};
  std::size_t horizon_count_ = 0;
  // By bin: the chance to be free within each horizon, for
  // one who has been in the phase since the bin's edge.
  std::array<std::array<float, max_horizons>, hazard_bins + 1> chance_{};
  std::uint32_t chance_made_ = 0;  // Of which edges it fits what was prepared; a bit each.
  std::uint64_t draw_ = 0x9e3779b97f4a7c15ull;
};

}  // namespace paceline::pacer
