// The number of a process's life, by which others know that it began anew: its wall time in ns, larger than
// that of the life before. The lowest bit says why it began: 1 = the life before ended as somebody had
// asked (a stop, a reload), 0 = it ended by itself, or nothing is known.
#pragma once

#include <algorithm>
#include <cstdint>

namespace paceline {

constexpr bool began_as_asked(std::uint64_t incarnation) {
  return (incarnation & 1u) != 0;
}

/// The one after `before`.
constexpr std::uint64_t next_incarnation(std::uint64_t wall_ns, std::uint64_t before,
                                         bool as_asked) {
  const std::uint64_t even = std::max(wall_ns, before + 2) & ~std::uint64_t{1};
  return even | (as_asked ? 1u : 0u);
}

}  // namespace paceline
