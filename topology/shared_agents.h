// Which targets share agents, by what is told of them:
//
//   - targets of one group have the same agents, and so have targets that name the same `pool`;
//   - a group of which the membership tells (Targets::agents) has the agents that it tells.
//
// Targets that share agents, directly or through others, are one pool: they are decided together,
// so they are in one shard.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "topology/targets.h"

namespace paceline {

/// So many agents who serve exactly these targets.
struct SharedAgents {
  std::vector<std::uint32_t> targets;  // Indices, ascending; at least one.
  double agents = 1;                   // [> 0] relative where nobody tells how many there are.
};

/// Whether nothing is told twice of who serves a target.
///   errors   bad_value: a target that names a pool although the membership tells its agents
Result<void> check_pools(const Targets& targets);

/// The agents of every target that shares any; of a target that shares none, nothing.
///   cost   O(n log n + sum over sets of their targets)
std::vector<SharedAgents> shared_agents(const Targets& targets);

/// Of each target the one with the least id of its pool; itself where it shares nothing.
std::vector<std::uint32_t> pool_heads(const Targets& targets);

/// [0, shards) Of each target: its pacer, by hash of the id of its pool's head.
std::vector<int> shards_of(const Targets& targets, int shards);

/// (0..1] Of each target: what part of its agents to count, so that a sum over targets counts each
/// agent once. 1 where it shares nothing; an agent of k targets is a k-th in each.
std::vector<double> counted_once(const Targets& targets);
std::vector<double> counted_once(std::size_t targets, std::span<const SharedAgents> shared);

}  // namespace paceline
