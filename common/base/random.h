// Random numbers for code that computes: a generator that is a value, from a seed. Where a world is known, the seed
// comes from the port (common/ports/random.h).
#pragma once

#include <cstdint>

namespace paceline {

/// splitmix64.
///   source   Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) : state_{seed} {}

  std::uint64_t bits() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15ull;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ull;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebull;
    return mixed ^ (mixed >> 31);
  }

  /// [0, 1)
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1p-53; }

  /// From which the same numbers follow again, for what is kept over a restart.
  std::uint64_t state() const { return state_; }

 private:
  std::uint64_t state_;
};

}  // namespace paceline
