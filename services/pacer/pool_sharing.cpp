#include "services/pacer/pool_sharing.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"

namespace paceline::pacer {
namespace {

constexpr int sweeps = 3;             // Each begins where the last decision's ended.
constexpr double least_share = 1e-3;  // Of a class in each state, so that it can come back.

}  // namespace

PoolSharing::PoolSharing(std::size_t members)
    : first_(members + 1, 0), shared_(members, 0), own_agents_(members, 1) {
}

// The neighbours of each member, without doubles, in their order.
void PoolSharing::link(std::vector<std::vector<std::uint32_t>> linked) {
  for (std::size_t i = 0; i < linked.size(); ++i) {
    auto& of = linked[i];
    std::sort(of.begin(), of.end());
    of.erase(std::unique(of.begin(), of.end()), of.end());
    for (const std::uint32_t other : of) neighbours_.push_back({.member = other});
    first_[i + 1] = static_cast<std::uint32_t>(neighbours_.size());
  }
}

PoolNeighbour* PoolSharing::find(std::uint32_t member, std::uint32_t other) {
  const auto begin = neighbours_.begin() + first_[member];
  const auto end = neighbours_.begin() + first_[member + 1];
  const auto at = std::lower_bound(
      begin, end, other, [](const PoolNeighbour& n, std::uint32_t m) { return n.member < m; });
  CHECK(at != end && at->member == other);
  return &*at;
}

PoolSharing PoolSharing::everybody(std::size_t members) {
  PoolSharing sharing{members};
  std::vector<std::vector<std::uint32_t>> linked(members);
  for (std::uint32_t i = 0; i < members; ++i)
    for (std::uint32_t j = 0; j < members; ++j)
      if (i != j) linked[i].push_back(j);
  sharing.link(std::move(linked));
  for (auto& neighbour : sharing.neighbours_)
    neighbour.claim = neighbour.outcome = neighbour.outcome_back = 1;
  if (members > 1) sharing.shared_.assign(members, 1);
  return sharing;
}

PoolSharing PoolSharing::of_pairs(std::size_t members, std::span<const SharedPair> pairs) {
  PoolSharing sharing{members};
  std::vector<std::vector<std::uint32_t>> linked(members);
  for (const SharedPair& pair : pairs) {
    CHECK(pair.a < members && pair.b < members && pair.a != pair.b);
    linked[pair.a].push_back(pair.b);
    linked[pair.b].push_back(pair.a);
  }
  sharing.link(std::move(linked));
  for (const SharedPair& pair : pairs) {
    const auto of_a = static_cast<float>(std::clamp(pair.of_a, 0.0, 1.0));
    const auto of_b = static_cast<float>(std::clamp(pair.of_b, 0.0, 1.0));
    PoolNeighbour* a = sharing.find(pair.a, pair.b);
    a->claim = a->outcome = of_b;
    a->outcome_back = of_a;
    PoolNeighbour* b = sharing.find(pair.b, pair.a);
    b->claim = b->outcome = of_a;
    b->outcome_back = of_b;
    sharing.shared_[pair.a] = std::max<double>(sharing.shared_[pair.a], of_a);
    sharing.shared_[pair.b] = std::max<double>(sharing.shared_[pair.b], of_b);
  }
  return sharing;
}

PoolSharing PoolSharing::of_agents(std::size_t members, std::span<const AgentClass> classes) {
  PoolSharing sharing{members};
  std::vector<std::vector<std::uint32_t>> linked(members);
  std::vector<std::vector<std::uint32_t>> of_member(members);
  sharing.enlisted_.assign(members, 0);
  sharing.own_agents_.assign(members, 0);
  sharing.sums_.resize(members);
  for (const AgentClass& each : classes) {
    CHECK(each.agents > 0 && !each.targets.empty());
    Class made{.begin = static_cast<std::uint32_t>(sharing.targets_.size()),
               .agents = each.agents,
               .idle = 0.2 * each.agents,
               .working = 0.7 * each.agents};
    for (const std::uint32_t target : each.targets) {
      CHECK(target < members);
      sharing.targets_.push_back(target);
      of_member[target].push_back(static_cast<std::uint32_t>(sharing.classes_.size()));
      sharing.enlisted_[target] += each.agents;
      sharing.own_agents_[target] += each.agents / static_cast<double>(each.targets.size());
      for (const std::uint32_t other : each.targets)
        if (other != target) linked[target].push_back(other);
    }
    made.end = static_cast<std::uint32_t>(sharing.targets_.size());
    sharing.classes_.push_back(made);
  }
  sharing.link(std::move(linked));
  for (const Class& each : sharing.classes_)
    for (std::uint32_t a = each.begin; a < each.end; ++a)
      for (std::uint32_t b = each.begin; b < each.end; ++b) {
        if (a == b) continue;
        const auto* place = sharing.find(sharing.targets_[a], sharing.targets_[b]);
        sharing.places_.push_back(static_cast<std::uint32_t>(place - sharing.neighbours_.data()));
      }
  for (const auto& of : of_member) {
    sharing.class_first_.push_back(static_cast<std::uint32_t>(sharing.class_of_.size()));
    sharing.class_of_.insert(sharing.class_of_.end(), of.begin(), of.end());
  }
  sharing.class_first_.push_back(static_cast<std::uint32_t>(sharing.class_of_.size()));
  for (double& own : sharing.own_agents_)
    if (own <= 0) own = 1;
  sharing.weigh({});
  return sharing;
}

void PoolSharing::estimate(std::span<const MemberAgents> agents) {
  if (classes_.empty()) return;
  CHECK(agents.size() == members());
  for (int sweep = 0; sweep < sweeps; ++sweep)
    for (std::size_t i = 0; i < agents.size(); ++i)
      if (agents[i].told) fit_member(i, agents[i]);
  weigh(agents);
}

// Scales the member's classes to its counts; within each class the states add up to its agents.
void PoolSharing::fit_member(std::size_t member, const MemberAgents& told) {
  const double there = told.idle + told.working;
  // More than the membership knows: it is out of date, so the shares are kept.
  const double scale = there > enlisted_[member] ? enlisted_[member] / there : 1;
  const double absent = std::max(0.0, enlisted_[member] - there);
  const std::span<const std::uint32_t> mine{class_of_.data() + class_first_[member],
                                            class_first_[member + 1] - class_first_[member]};
  double idle = 0;
  double working = 0;
  double away = 0;
  for (const std::uint32_t at : mine) {
    const Class& each = classes_[at];
    idle += each.idle;
    working += each.working;
    away += each.agents - each.idle - each.working;
  }
  const auto factor = [](double wanted, double had) { return (wanted + 1e-6) / (had + 1e-6); };
  const double of_idle = factor(told.idle * scale, idle);
  const double of_working = factor(told.working * scale, working);
  const double of_away = factor(absent, away);
  for (const std::uint32_t at : mine) {
    Class& each = classes_[at];
    const double least = least_share * each.agents;
    const double x = std::max(least, each.idle * of_idle);
    const double y = std::max(least, each.working * of_working);
    const double z = std::max(least, (each.agents - each.idle - each.working) * of_away);
    const double norm = each.agents / (x + y + z);
    each.idle = x * norm;
    each.working = y * norm;
  }
}

void PoolSharing::weigh(std::span<const MemberAgents> agents) {
  for (Sums& sum : sums_) sum = {};
  for (PoolNeighbour& each : neighbours_) each.claim = each.outcome = each.outcome_back = 0;
  std::size_t place = 0;
  for (const Class& each : classes_) {
    const double present = each.idle + each.working;
    for (std::uint32_t b = each.begin; b < each.end; ++b) {
      const std::uint32_t of = targets_[b];
      const double soon = agents.empty() ? 0.05 : agents[of].soon_free;
      sums_[of].claims += each.idle + soon * each.working;
      sums_[of].agents += present;
    }
    for (std::uint32_t a = each.begin; a < each.end; ++a)
      for (std::uint32_t b = each.begin; b < each.end; ++b) {
        if (a == b) continue;
        PoolNeighbour& pair = neighbours_[places_[place++]];
        const double soon = agents.empty() ? 0.05 : agents[targets_[b]].soon_free;
        pair.claim += static_cast<float>(each.idle + soon * each.working);
        pair.outcome += static_cast<float>(present);
      }
  }
  for (std::size_t i = 0; i < members(); ++i)
    for (std::uint32_t at = first_[i]; at < first_[i + 1]; ++at) {
      PoolNeighbour& pair = neighbours_[at];
      const Sums& other = sums_[pair.member];
      const Sums& own = sums_[i];
      pair.outcome_back =
          std::min(1.0f, static_cast<float>(pair.outcome / std::max(1e-9, own.agents)));
      pair.claim = std::min(1.0f, static_cast<float>(pair.claim / std::max(1e-9, other.claims)));
      pair.outcome =
          std::min(1.0f, static_cast<float>(pair.outcome / std::max(1e-9, other.agents)));
    }
  for (std::size_t i = 0; i < members(); ++i) {
    double alone = 0;
    for (std::uint32_t at = class_first_[i]; at < class_first_[i + 1]; ++at) {
      const Class& each = classes_[class_of_[at]];
      if (each.end - each.begin == 1) alone += each.agents;
    }
    shared_[i] = enlisted_[i] > 0 ? 1 - alone / enlisted_[i] : 0;
  }
}

}  // namespace paceline::pacer
