#include "services/simulator/dice.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace paceline::simulator {

// splitmix64 (Steele, Lea, Flood 2014).
std::uint64_t Dice::bits() {
  state_ += 0x9e3779b97f4a7c15ull;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ull;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebull;
  return mixed ^ (mixed >> 31);
}

double Dice::exponential_s(double mean_s) {
  if (!(mean_s > 0)) return 0;
  return -mean_s * std::log(1.0 - uniform());
}

// Box and Muller's transform; the second value is not kept, so that draws do not depend on each
// other.
double Dice::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

Duration Dice::draw(const Spread& spread) {
  constexpr double year_s = 365.0 * 86400;
  double seconds = 0;
  switch (spread.law) {
    case Law::exponential:
      seconds = exponential_s(spread.mean_s);
      break;
    case Law::lognormal: {
      if (!(spread.mean_s > 0)) break;
      const double variance = std::log(1.0 + spread.cv * spread.cv);
      seconds = std::exp(std::log(spread.mean_s) - variance / 2 + std::sqrt(variance) * normal());
      break;
    }
  }
  return from_seconds(std::min(seconds, year_s));
}

}  // namespace paceline::simulator
