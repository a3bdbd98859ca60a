// Random numbers of the simulated world: the same seed gives the same day, on every machine.
#pragma once

#include <cstdint>

#include "common/base/random.h"
#include "common/base/time.h"

namespace paceline::simulator {

enum class Shape : std::uint8_t { exponential, lognormal };

/// How a random length of time is distributed.
struct Distribution {
  Shape shape = Shape::exponential;
  double mean_s = 0;  // [s, >= 0]
  double cv = 1;      // [>= 0] coefficient of variation; lognormal only, 0 = always the mean.

  bool operator==(const Distribution&) const = default;
};

/// Draws from a stream of random numbers.
class Sampler {
 public:
  explicit Sampler(std::uint64_t seed) : random_{seed} {}

  std::uint64_t bits() { return random_.bits(); }

  /// Uniform in [0, 1).
  double uniform() { return random_.uniform(); }

  /// True with probability `p`; p <= 0 never, p >= 1 always.
  bool chance(double p) { return uniform() < p; }

  /// [s, >= 0] with that mean; a mean <= 0 gives 0.
  double exponential_s(double mean_s);

  /// [>= 0] at most a year. Lognormal by sigma^2 = ln(1 + cv^2), mu = ln(mean) - sigma^2 / 2.
  Duration draw(const Distribution& distribution);

 private:
  double normal();

  SplitMix64 random_;
};

}  // namespace paceline::simulator
