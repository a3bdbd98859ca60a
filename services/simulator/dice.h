// Chance for the simulated world: the same seed gives the same day, on every machine.
#pragma once

#include <cstdint>

#include "common/base/time.h"

namespace paceline::simulator {

/// The shape of a random length of time.
enum class Law : std::uint8_t { exponential, lognormal };

/// A random length of time.
struct Spread {
  Law law = Law::exponential;
  double mean_s = 0;  // [s, >= 0]
  double cv = 1;      // [>= 0] coefficient of variation; lognormal only, 0 = always the mean.

  bool operator==(const Spread&) const = default;
};

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_{seed} {}

  std::uint64_t bits();

  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

  /// True with probability `p`; p <= 0 never, p >= 1 always.
  bool chance(double p) { return uniform() < p; }

  /// [s, >= 0] with that mean; a mean <= 0 gives 0.
  double exponential_s(double mean_s);

  /// [>= 0] at most a year. Lognormal by sigma^2 = ln(1 + cv^2), mu = ln(mean) - sigma^2 / 2.
  Duration draw(const Spread& spread);

 private:
  double normal();

  std::uint64_t state_;
};

}  // namespace paceline::simulator
