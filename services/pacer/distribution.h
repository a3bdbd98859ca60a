// How many slots come free, how many visitors come: distributions as points, as far as they matter.
#pragma once

#include <array>

namespace paceline::pacer {

inline constexpr int most_outcomes = 96;

/// A distribution over `lowest`, `lowest` + 1, ...
struct Distribution {
  std::array<double, most_outcomes> chance;
  int from = 0;   // Only chance[from..until) is set:
  int until = 0;  // chance[i] is the one of lowest + i.
  int lowest = 0;
};

/// The binomial distribution of the given mean and variance (Poisson if they are equal): within
/// 1e-3 of the Poisson-binomial distribution it stands for (tests compare).
///
///   mean      [>= 0]
///   variance  [0..6] so that the points suffice
///   least     (0..1) what may be left out at either end
void binomial(double mean, double variance, double least, Distribution& points);

/// The distribution of `free` - `arrive`, two independent numbers; `free` becomes it.
void subtract(const Distribution& arrive, Distribution& free);

}  // namespace paceline::pacer
