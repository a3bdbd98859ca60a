// The pacer's targets that share agents: those of which the files tell, decided together, and those
// that show themselves by counts which change together.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "services/pacer/service.h"

namespace paceline::pacer {
namespace {

constexpr double judge_period_s = 60;  // [s] of the pacing world.
constexpr std::size_t most_told = 20;  // Pairs that begin to be told, a judgement.

std::vector<AgentClass> classes_of(const std::vector<SharedAgents>& shared) {
  std::vector<AgentClass> classes;
  for (const SharedAgents& set : shared) classes.push_back({set.targets, set.agents});
  return classes;
}

std::vector<AgentClass> classes_of(std::span<const DetectedOverlap> found) {
  std::vector<AgentClass> classes;
  for (const DetectedOverlap& pair : found) classes.push_back({{pair.a, pair.b}, 1});
  return classes;
}

}  // namespace

void Pacer::make_pools() {
  agent_pools_.clear();
  place_.assign(size(), {});
  add_pools(classes_of(config_.shard.shared), [&](std::uint32_t pool, std::size_t members) {
    std::vector<AgentClass> own;
    for (const SharedAgents& set : config_.shard.shared) {
      if (place_[set.targets.front()].pool != pool) continue;
      own.push_back({.targets = {}, .agents = set.agents});
      for (const auto target : set.targets) own.back().targets.push_back(place_[target].member);
    }
    return PoolSharing::of_agents(members, own);
  });
  told_pools_ = static_cast<std::uint32_t>(agent_pools_.size());
  if (config_.pool_detection != PoolDetection::use) return;
  // They are between targets of which nothing is told: see look_for_overlaps().
  add_pools(classes_of(overlaps_.found()), [&](std::uint32_t pool, std::size_t members) {
    std::vector<SharedPair> own;
    for (const DetectedOverlap& pair : overlaps_.found())
      if (place_[pair.a].pool == pool)
        own.push_back({place_[pair.a].member, place_[pair.b].member, pair.of_a, pair.of_b});
    return PoolSharing::of_pairs(members, own);
  });
}

// One of each set of targets that hang together through `classes`; place_ tells `sharing` who is in it.
void Pacer::add_pools(
    std::span<const AgentClass> classes,
    const std::function<PoolSharing(std::uint32_t pool, std::size_t members)>& sharing) {
  const auto heads = pools_of(size(), classes);
  std::map<std::uint32_t, std::vector<std::uint32_t>> members;  // By head.
  for (std::uint32_t i = 0; i < size(); ++i) members[heads[i]].push_back(i);
  for (auto& [head, targets] : members) {
    if (targets.size() == 1) continue;
    const auto pool = static_cast<std::uint32_t>(agent_pools_.size());
    for (std::uint32_t m = 0; m < targets.size(); ++m) place_[targets[m]] = {pool, m};
    PoolView view{sharing(pool, targets.size()), config_.tuning};
    for (std::uint32_t m = 0; m < targets.size(); ++m)
      view.set_options(m, config_.shard.targets[targets[m]].options);
    agent_pools_.push_back({std::move(targets), std::move(view)});
  }
}

// Each member with what the others claim, one after the other.
std::uint32_t Pacer::decide_pool(AgentPool& pool, Instant now, double now_s) {
  bool any = false;
  for (std::uint32_t m = 0; m < pool.targets.size(); ++m) {
    if (!due_.is_due(pool.targets[m], now_s)) continue;
    tell_day(pool.targets[m], now_s);
    pool.view.see(m, inputs_of(pool.targets[m], now), now_s);
    any = true;
  }
  if (!any) return 0;
  std::uint32_t decided = 0;
  for (const auto m : pool.view.line(now_s)) {
    const auto index = pool.targets[m];
    if (!due_.is_due(index, now_s) && !pool.view.touched(m)) continue;
    decide(index, pool.view.view(m), pool.view.options(m), now_s);
    ++decided;
  }
  return decided;
}

// One `stat` message is one look: its counts were read together.
void Pacer::look_for_overlaps(const std::vector<std::uint32_t>& changed, double now_s) {
  if (config_.pool_detection == PoolDetection::off) return;
  busy_changes_.clear();
  for (const auto index : changed) {
    const TargetStat& stat = stat_.row(index);
    const auto before = std::exchange(
        busy_[index], stat.quality == StatQuality::good ? std::optional{stat.busy} : std::nullopt);
    const bool told = place_[index].pool < told_pools_;  // no_pool is above all.
    if (before && busy_[index] && *before != stat.busy && !told)
      busy_changes_.push_back({index, stat.busy - *before});
  }
  overlaps_.look(busy_changes_, now_s);
  if (now_s < judged_s_ + judge_period_s) return;
  judged_s_ = now_s;
  if (!overlaps_.judge(now_s)) return;
  tell_overlaps();
  if (config_.pool_detection == PoolDetection::use) make_pools();
}

void Pacer::tell_overlaps() {
  std::map<std::pair<std::string, std::string>, DetectedOverlap> found;
  for (const DetectedOverlap& pair : overlaps_.found())
    found.emplace(std::pair{ids_[pair.a], ids_[pair.b]}, pair);
  std::size_t told = 0;
  for (const auto& [ids, pair] : found) {
    if (told_overlaps_.contains(ids) || ++told > most_told) continue;
    told_overlaps_.insert(ids);
    world_.log.warn("agents_shared", {{"target", ids.first},
                                      {"with", ids.second},
                                      {"share", pair.of_a},
                                      {"share_of_other", pair.of_b},
                                      {"certainty", pair.z},
                                      {"used", config_.pool_detection == PoolDetection::use}});
  }
  for (auto each = told_overlaps_.begin(); each != told_overlaps_.end();) {
    if (found.contains(*each)) {
      ++each;
      continue;
    }
    world_.log.info("agents_shared_over", {{"target", each->first}, {"with", each->second}});
    each = told_overlaps_.erase(each);
  }
}

// What a target is decided from: with the others' claims where it shares agents.
PacingInputs Pacer::inputs_in_pool(std::uint32_t index, Instant now) {
  const PoolPlace place = place_[index];
  return place.pool == no_pool ? inputs_of(index, now)
                               : agent_pools_[place.pool].view.view(place.member);
}

// By which options: with the strictest goal of those who share agents.
std::string Pacer::goal_of(std::uint32_t index) const {
  const PoolPlace place = place_[index];
  if (place.pool == no_pool) return {};
  const AgentPool& pool = agent_pools_[place.pool];
  const auto other = pool.view.goal_of(place.member);
  return other ? ids_[pool.targets[*other]] : "";
}

// Of the pairs that were found, what one target is told.
std::optional<SeenOverlap> Pacer::seen_overlap(std::uint32_t index) const {
  std::optional<SeenOverlap> seen;
  for (const DetectedOverlap& pair : overlaps_.found()) {
    if (pair.a != index && pair.b != index) continue;
    const bool first = pair.a == index;
    SeenOverlap next{.with = ids_[first ? pair.b : pair.a],
                     .more = seen ? seen->more + 1 : 0,
                     .share = first ? pair.of_a : pair.of_b,
                     .certainty = pair.z,
                     .is_used = config_.pool_detection == PoolDetection::use};
    if (seen && seen->share >= next.share)
      seen->more = next.more;
    else
      seen = std::move(next);
  }
  return seen;
}

PacingOptions Pacer::options_in_pool(std::uint32_t index) const {
  const PoolPlace place = place_[index];
  return place.pool == no_pool ? config_.shard.targets[index].options
                               : agent_pools_[place.pool].view.options(place.member);
}

}  // namespace paceline::pacer
