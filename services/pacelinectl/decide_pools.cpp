#include "services/pacelinectl/decide_pools.h"

#include <fmt/format.h>

#include <algorithm>

namespace paceline::pacelinectl {

std::string DecidePools::join(std::string_view target, std::string_view name) {
  const auto before = pool_of_.find(target);
  if (before != pool_of_.end() && before->second == name) return "";
  if (enlisted_.contains(target)) return "its agents are told by the membership";
  Pool& pool = named_[std::string{name}];
  if (pool.names.size() >= most_targets_of_pool)
    return fmt::format("more than {} targets in it", most_targets_of_pool);
  if (before != pool_of_.end()) {
    Pool& left = named_.find(before->second)->second;
    std::erase(left.names, before->first);
    left.view.reset();
    if (left.names.empty()) named_.erase(before->second);
    pool_of_.erase(before);
  }
  pool.names.emplace_back(target);
  pool.view.reset();
  pool_of_.emplace(target, name);
  return "";
}

std::optional<std::pair<std::string, std::string>> DecidePools::enlist(const Membership& agents) {
  std::size_t fresh = 0;
  for (const auto& [agent, targets] : agents) {
    if (targets.size() > most_targets_of_agent)
      return std::pair{agent, fmt::format("more than {} targets", most_targets_of_agent)};
    for (const auto& target : targets)
      if (pool_of_.contains(target))
        return std::pair{agent, fmt::format("{} is in a pool by its name", target)};
    fresh += !agents_.contains(agent);
    if (agents_.size() + fresh > most_decide_agents)
      return std::pair{agent, fmt::format("more than {} agents", most_decide_agents)};
  }
  for (auto [agent, targets] : agents) {
    std::sort(targets.begin(), targets.end());
    targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
    enlisted_.insert(targets.begin(), targets.end());
    if (targets.empty())
      agents_.erase(agent);
    else
      agents_[agent] = std::move(targets);
  }
  seated_ = false;
  return std::nullopt;
}

// Agents with the same targets are one class, targets that hang together by agents are one pool.
void DecidePools::seat_by_membership() {
  seated_ = true;
  shared_.clear();
  seats_.clear();
  std::map<std::vector<std::string>, double> classes;
  for (const auto& [agent, targets] : agents_) classes[targets] += 1;
  const std::vector<std::string> all{enlisted_.begin(), enlisted_.end()};
  const auto index_of = [&](const std::string& name) {
    return static_cast<std::uint32_t>(std::ranges::lower_bound(all, name) - all.begin());
  };
  std::vector<pacer::AgentClass> whole;
  for (const auto& [targets, count] : classes) {
    auto& made = whole.emplace_back(pacer::AgentClass{{}, count});
    for (const auto& target : targets) made.targets.push_back(index_of(target));
  }
  const auto least = pacer::pools_of(all.size(), whole);
  for (std::uint32_t t = 0; t < all.size(); ++t) {
    Pool& pool = shared_[all[least[t]]];
    seats_[all[t]] = {&pool, static_cast<std::uint32_t>(pool.names.size())};
    pool.names.push_back(all[t]);
  }
  std::map<Pool*, std::vector<pacer::AgentClass>> of_pool;
  for (auto& each : whole) {
    Pool* pool = seats_[all[each.targets.front()]].pool;
    for (auto& target : each.targets) target = seats_[all[target]].member;
    of_pool[pool].push_back(std::move(each));
  }
  for (auto& [name, pool] : shared_)
    pool.view = std::make_unique<pacer::PoolView>(
        pacer::PoolSharing::of_agents(pool.names.size(), of_pool[&pool]), tuning_);
}

std::optional<DecidePools::Place> DecidePools::place_of(std::string_view target) {
  if (const auto named = pool_of_.find(target); named != pool_of_.end()) {
    Pool& pool = named_.find(named->second)->second;
    if (pool.names.size() < 2) return std::nullopt;
    if (!pool.view)
      pool.view = std::make_unique<pacer::PoolView>(
          pacer::PoolSharing::everybody(pool.names.size()), tuning_);
    const auto at = std::ranges::find(pool.names, target) - pool.names.begin();
    return Place{pool.view.get(), static_cast<std::uint32_t>(at), &pool.names};
  }
  if (!enlisted_.contains(target)) return std::nullopt;
  if (!seated_) seat_by_membership();
  const Seat& seat = seats_.find(target)->second;
  if (seat.pool->names.size() < 2) return std::nullopt;
  return Place{seat.pool->view.get(), seat.member, &seat.pool->names};
}

}  // namespace paceline::pacelinectl
