// Chance from the kernel's entropy, then a generator of our own: not for keys.
#pragma once

#include <random>

#include "common/ports/random.h"

namespace paceline {

class SystemRandom final : public Random {
 public:
  SystemRandom() : engine_{seed()} {}
  std::uint64_t bits() override { return engine_(); }

 private:
  static std::uint64_t seed() {
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
  }
  std::mt19937_64 engine_;
};

}  // namespace paceline
