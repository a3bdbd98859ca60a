// Chance, with a seed that a test chooses.
#pragma once

#include <cstdint>

namespace paceline {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t bits() = 0;

  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
};

}  // namespace paceline
