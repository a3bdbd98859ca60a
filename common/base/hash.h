// FNV-1a, 64 bits: fixed by its specification, so that every process of every node agrees.
#pragma once

#include <cstdint>
#include <string_view>

namespace paceline {

constexpr std::uint64_t fnv1a(std::string_view text, std::uint64_t seed = 14695981039346656037ull) {
  for (const char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return seed;
}

/// The pacer shard [0, shards) that a target belongs to: hash(id) mod K.
constexpr int shard_of(std::string_view target_id, int shards) {
  return static_cast<int>(fnv1a(target_id) % static_cast<std::uint64_t>(shards));
}

}  // namespace paceline
