#include "topology/shared_agents.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_map>
#include <unordered_set>

#include "common/base/hash.h"

namespace paceline {
namespace {

/// Which of so many things hang together: union-find with path halving.
class Components {
 public:
  explicit Components(std::size_t size) : parent_(size) {
    std::iota(parent_.begin(), parent_.end(), 0u);
  }
  std::uint32_t of(std::uint32_t one) {
    while (parent_[one] != one) one = parent_[one] = parent_[parent_[one]];
    return one;
  }
  void join(std::uint32_t a, std::uint32_t b) { parent_[of(a)] = of(b); }

 private:
  std::vector<std::uint32_t> parent_;
};

using ByName = std::unordered_map<std::string_view, std::vector<std::uint32_t>>;

ByName targets_by_group(const Targets& targets) {
  ByName groups;
  for (std::uint32_t i = 0; i < targets.all.size(); ++i) groups[targets.all[i].group].push_back(i);
  return groups;
}

// The sets of the membership, by targets instead of groups; those of one target are kept, since
// they say how much of it is shared.
std::map<std::vector<std::uint32_t>, double> sets_told(const Targets& targets,
                                                       const ByName& groups) {
  std::map<std::vector<std::uint32_t>, double> sets;
  for (const AgentSet& told : targets.agents) {
    std::vector<std::uint32_t> served;
    for (const auto& group : told.groups)
      if (const auto found = groups.find(group); found != groups.end())
        served.insert(served.end(), found->second.begin(), found->second.end());
    std::ranges::sort(served);
    if (!served.empty()) sets[std::move(served)] += told.agents;
  }
  return sets;
}

}  // namespace

Result<void> check_pools(const Targets& targets) {
  std::unordered_set<std::string_view> told;
  for (const AgentSet& set : targets.agents) told.insert(set.groups.begin(), set.groups.end());
  for (const Target& target : targets.all)
    if (!target.pool.empty() && told.contains(target.group))
      return fail(fmt::format(
          "target \"{}\": pool = \"{}\", but the membership tells the agents of its group \"{}\" "
          "already; take one of the two out",
          target.id, target.pool, target.group));
  return {};
}

std::vector<SharedAgents> shared_agents(const Targets& targets) {
  const std::size_t count = targets.all.size();
  const ByName groups = targets_by_group(targets);
  auto sets = sets_told(targets, groups);
  std::vector<bool> told(count, false);
  for (const auto& [served, agents] : sets)
    for (const auto target : served) told[target] = true;
  // Of the others: one group, or one pool, are the same agents.
  Components same{count};
  ByName pools;
  for (std::uint32_t i = 0; i < count; ++i)
    if (!told[i] && !targets.all[i].pool.empty()) pools[targets.all[i].pool].push_back(i);
  const auto join = [&](const ByName& names) {
    for (const auto& [name, members] : names)
      for (const auto member : members)
        if (!told[member]) same.join(member, members.front());
  };
  join(groups);
  join(pools);
  std::map<std::uint32_t, std::vector<std::uint32_t>> alike;
  for (std::uint32_t i = 0; i < count; ++i)
    if (!told[i]) alike[same.of(i)].push_back(i);
  for (auto& [head, members] : alike)
    if (members.size() > 1) sets[std::move(members)] += 1;
  std::vector<bool> shares(count, false);
  for (const auto& [served, agents] : sets)
    if (served.size() > 1)
      for (const auto target : served) shares[target] = true;
  std::vector<SharedAgents> shared;
  for (const auto& [served, agents] : sets)
    if (shares[served.front()]) shared.push_back({served, agents});
  return shared;
}

std::vector<std::uint32_t> pool_heads(const Targets& targets) {
  Components pools{targets.all.size()};
  for (const SharedAgents& set : shared_agents(targets))
    for (const auto target : set.targets) pools.join(target, set.targets.front());
  std::unordered_map<std::uint32_t, std::uint32_t> least;
  for (std::uint32_t i = 0; i < targets.all.size(); ++i) {
    const auto [head, is_new] = least.emplace(pools.of(i), i);
    if (!is_new && targets.all[i].id < targets.all[head->second].id) head->second = i;
  }
  std::vector<std::uint32_t> heads(targets.all.size());
  for (std::uint32_t i = 0; i < heads.size(); ++i) heads[i] = least[pools.of(i)];
  return heads;
}

std::vector<int> shards_of(const Targets& targets, int shards) {
  std::vector<int> of;
  of.reserve(targets.all.size());
  for (const auto head : pool_heads(targets)) of.push_back(shard_of(targets.all[head].id, shards));
  return of;
}

std::vector<double> counted_once(const Targets& targets) {
  return counted_once(targets.all.size(), shared_agents(targets));
}

std::vector<double> counted_once(std::size_t targets, std::span<const SharedAgents> shared) {
  std::vector<double> agents(targets, 0);
  std::vector<double> own(targets, 0);
  for (const SharedAgents& set : shared)
    for (const auto target : set.targets) {
      agents[target] += set.agents;
      own[target] += set.agents / static_cast<double>(set.targets.size());
    }
  for (std::size_t i = 0; i < own.size(); ++i) own[i] = agents[i] > 0 ? own[i] / agents[i] : 1;
  return own;
}

}  // namespace paceline
