// How long does a phase (service or wrap-up) last, and when will those who are in it leave? Its
// log-binned hazard, learned by occurrence over exposure.
//
// Bin 0 covers [0, 1 s), bin b >= 1 half an octave:
// [2^((b-1)/2), 2^(b/2)) seconds; the last is open.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace paceline::pacer {

inline constexpr int hazard_bins = 28;

/// The bin of a time since the phase began.
///   elapsed_s  [s] any number; negative and NaN count as 0
inline int hazard_bin(double elapsed_s) {
  if (!(elapsed_s >= 1)) return 0;
  const auto bits = std::bit_cast<std::uint64_t>(elapsed_s);
  const int octave = static_cast<int>(bits >> 52) - 1023;
  const bool upper = (bits & 0xfffffffffffffull) >= 0x6a09e667f3bcdull;  // Mantissa of sqrt(2).
  const int bin = 1 + 2 * octave + (upper ? 1 : 0);
  return bin < hazard_bins ? bin : hazard_bins - 1;
}

namespace detail {

constexpr std::array<double, hazard_bins + 1> make_hazard_edges() {
  constexpr double half_octave = 1.4142135623730951;
  std::array<double, hazard_bins + 1> edges{};
  double octave = 1;
  for (std::size_t b = 1; b < edges.size(); ++b) {
    edges[b] = b % 2 == 1 ? octave : octave * half_octave;
    if (b % 2 == 0) octave *= 2;
  }
  return edges;
}

inline constexpr std::array<double, hazard_bins + 1> hazard_edges = make_hazard_edges();

}  // namespace detail

/// Where a bin begins.
///   bin      [0..28]
///   returns  [s, >= 0]
constexpr double hazard_edge(int bin) {
  return detail::hazard_edges[static_cast<std::size_t>(bin)];
}

/// Bins 0 to `last` [0..27], a bit each.
constexpr std::uint32_t bins_to(int last) {
  return (std::uint32_t{2} << last) - 1;
}

/// What is learned of one phase: plain, so that it can be kept in a checkpoint.
struct PhaseLearned {
  double ends = 0;        // [count, >= 0] phases that ended, forgotten at 0.997 an end.
  double exposure_s = 0;  // [s, >= 0] spent in the phase, forgotten with them.
  std::array<double, hazard_bins> bin_ends{};
  std::array<double, hazard_bins> bin_exposure_s{};

  bool operator==(const PhaseLearned&) const = default;
};

class Hazard {
 public:
  PhaseLearned learned{};

  /// `counts[b]` [>= 0] slots in each bin b of `bins`, a bit each, spent `seconds` [>= 0] more in the
  /// phase.
  void expose(const std::array<double, hazard_bins>& counts, std::uint32_t bins, double seconds);
  /// One phase ended in `bin`. Forgets the older ones.
  void end(int bin);
  /// Forgets a share of everything.
  ///   keep  [0..1]
  void decay(double keep);

  /// Mean length of the phase, shrunk toward `prior_s` with the weight of `prior_ends` ends.
  double mean(double prior_s, double prior_ends) const;

  /// Recomputes the rates around `mean_s` [s, > 0]; the calls below use the last ones.
  void prepare(double mean_s);

  /// Rate of leaving at the bin's times. [1/s, > 0]
  double rate(int bin) const { return rate_[static_cast<std::size_t>(bin)]; }

  /// H(elapsed + ahead) - H(elapsed): the chance to leave within `ahead` is 1 - exp(-that).
  ///   cost  O(bins between)
  double between(double elapsed_s, double ahead_s) const;

 private:
  std::array<double, hazard_bins> rate_{};
};

}  // namespace paceline::pacer
