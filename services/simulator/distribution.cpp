#include "services/simulator/distribution.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace paceline::simulator {

double Sampler::exponential_s(double mean_s) {
  if (!(mean_s > 0)) return 0;
  return -mean_s * std::log(1.0 - uniform());
}

// Box and Muller's transform. The second value is not kept: draws do not depend on each other.
double Sampler::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

Duration Sampler::draw(const Distribution& distribution) {
  constexpr double year_s = 365.0 * 86400;
  double seconds = 0;
  switch (distribution.shape) {
    case Shape::exponential:
      seconds = exponential_s(distribution.mean_s);
      break;
    case Shape::lognormal: {
      if (!(distribution.mean_s > 0)) break;
      const double variance = std::log(1.0 + distribution.cv * distribution.cv);
      seconds =
          std::exp(std::log(distribution.mean_s) - variance / 2 + std::sqrt(variance) * normal());
      break;
    }
  }
  return from_seconds(std::min(seconds, year_s));
}

}  // namespace paceline::simulator
