#include "services/pacer/distribution.h"

#include <algorithm>

namespace paceline::pacer {
namespace {

constexpr int near_zero = 8;  // A mode up to here: the weights may begin at 0.

}  // namespace

// Weights from the mode outward by the ratio of neighbours, (a - b j) / (j + 1) for both
// distributions (Panjer 1981), then divided by their sum.
void binomial(double mean, double variance, double least, Distribution& points) {
  if (mean <= 0) {
    points.chance[0] = 1;
    points.from = points.lowest = 0;
    points.until = 1;
    return;
  }
  const double refuse = std::clamp(variance / mean, 0.001, 1.0);  // 1 - p
  const double b = (1 - refuse) / refuse;
  const double a = mean / refuse;
  const int mode = static_cast<int>(std::min(mean + 1 - refuse, 1e9));
  const int begin = mode > near_zero ? mode : 0;
  const int middle = std::min(begin, most_outcomes / 2);
  points.lowest = begin - middle;
  points.chance[static_cast<std::size_t>(middle)] = 1;
  double total = 1;
  double chance = 1;
  int at = middle;
  for (double j = begin; at > 0 && chance >= least * total; --j) {
    chance *= j / (a - b * (j - 1));
    points.chance[static_cast<std::size_t>(--at)] = chance;
    total += chance;
  }
  points.from = at;
  chance = 1;
  at = middle + 1;
  for (double j = begin; at < most_outcomes && chance >= least * total; ++j) {
    chance *= (a - b * j) / (j + 1);
    if (chance <= 0) break;
    points.chance[static_cast<std::size_t>(at++)] = chance;
    total += chance;
  }
  points.until = at;
  const double scale = 1 / total;
  for (int i = points.from; i < points.until; ++i)
    points.chance[static_cast<std::size_t>(i)] *= scale;
}

void subtract(const Distribution& arrive, Distribution& free) {
  const int highest = free.lowest + free.until - 1 - (arrive.lowest + arrive.from);
  const int lowest = free.lowest + free.from - (arrive.lowest + arrive.until - 1);
  Distribution left;
  left.lowest = lowest;
  left.until = std::min(highest - lowest + 1, most_outcomes);
  std::fill_n(left.chance.begin(), left.until, 0.0);
  for (int f = free.from; f < free.until; ++f) {
    const int shift = free.lowest + f - arrive.lowest - lowest;
    for (int r = std::max(arrive.from, shift - left.until + 1); r < arrive.until; ++r)
      left.chance[static_cast<std::size_t>(shift - r)] +=
          free.chance[static_cast<std::size_t>(f)] * arrive.chance[static_cast<std::size_t>(r)];
  }
  free = left;
}

}  // namespace paceline::pacer
