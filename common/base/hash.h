// FNV-1a, 64 bits: fixed by its specification, so that every process of every node agrees.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace paceline {

constexpr std::uint64_t fnv1a(std::string_view text, std::uint64_t seed = 14695981039346656037ull) {
  for (const char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return seed;
}

/// Of ids in order; equal hashes mean equal dictionaries, that is, equal meaning of dense indices.
inline std::uint64_t dictionary_hash(const std::vector<std::string>& ids) {
  std::uint64_t hash = fnv1a("");
  for (const auto& id : ids) hash = fnv1a("\n", fnv1a(id, hash));
  return hash;
}

/// The pacer shard [0, shards) that a target belongs to: hash(id) mod K.
constexpr int shard_of(std::string_view target_id, int shards) {
  return static_cast<int>(fnv1a(target_id) % static_cast<std::uint64_t>(shards));
}

}  // namespace paceline
