// Streams of random numbers for the simulated centre: one per purpose, so that two systems that are
// compared meet the same customers (common random numbers).
//
//   RandomStream service{seed, 3};            // Stream 3 of this seed.
//   double handle = mean * service.lognormal(cv);
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace paceline::test {

/// xoshiro256+ (Blackman and Vigna 2018), seeded by splitmix64; every draw is O(1).
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::uint64_t stream) {
    std::uint64_t x = seed * 0x9e3779b97f4a7c15u + stream * 0xd1342543de82ef95u + 1;
    for (auto& word : state_) {
      x += 0x9e3779b97f4a7c15u;
      std::uint64_t z = x;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
      word = z ^ (z >> 31);
    }
  }

  std::uint64_t bits() {
    const std::uint64_t result = state_[0] + state_[3];
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

  /// Exponential with mean 1.
  double exponential() { return -std::log1p(-uniform()); }

  /// Standard normal, by Box and Muller; the second of each pair is thrown away, so that a stream's
  /// n-th draw does not depend on what was asked before.
  double normal() {
    const double radius = std::sqrt(2.0 * exponential());
    return radius * std::cos(6.283185307179586 * uniform());
  }

  /// Lognormal with mean 1 and coefficient of variation `cv` [> 0].
  double lognormal(double cv) {
    const double variance = std::log1p(cv * cv);
    return std::exp(std::sqrt(variance) * normal() - 0.5 * variance);
  }

 private:
  std::uint64_t state_[4];
};

}  // namespace paceline::test
