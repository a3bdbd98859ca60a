// How large a cluster may be: what the topology file allows, and what its messages may name.
#pragma once

#include <cstddef>

namespace paceline {

inline constexpr std::size_t max_nodes = 64;
inline constexpr std::size_t max_name_bytes = 32;  // Of the cluster and of a node.
inline constexpr std::size_t max_why_bytes = 256;  // Of what an operator gives as reason.

}  // namespace paceline
