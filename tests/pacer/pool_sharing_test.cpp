#include "services/pacer/pool_sharing.h"

#include "common/base/random.h"
#include "services/pacer/pool_view.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;
namespace {

const PoolNeighbour& seen_by(const PoolSharing& sharing, std::size_t member, std::uint32_t other) {
  for (const PoolNeighbour& each : sharing.neighbours(member))
    if (each.member == other) return each;
  throw std::runtime_error("no such neighbour");
}

}  // namespace

TEST_CASE("everybody's claims fall wholly on everybody", "[pacer]") {
  const auto sharing = PoolSharing::everybody(3);

  REQUIRE(sharing.neighbours(1).size() == 2);
  for (const PoolNeighbour& each : sharing.neighbours(1)) {
    CHECK(each.claim == 1);
    CHECK(each.outcome == 1);
    CHECK(each.outcome_back == 1);
  }
  CHECK(sharing.shared(1) == 1);
  CHECK(PoolSharing::everybody(1).neighbours(0).empty());
}

TEST_CASE("outcomes count by the share of the other's agents that are one's own", "[pacer]") {
  // Twelve agents of target 0, four of whom serve target 1 too, which has eight.
  auto sharing =
      PoolSharing::of_agents(2, std::vector<AgentClass>{{{0}, 8}, {{0, 1}, 4}, {{1}, 4}});

  sharing.estimate(std::vector<MemberAgents>{{true, 6, 6, 0.05}, {true, 4, 4, 0.05}});

  CHECK(seen_by(sharing, 0, 1).outcome == Approx(0.5).margin(0.01));
  CHECK(seen_by(sharing, 0, 1).outcome_back == Approx(1.0 / 3).margin(0.01));
  CHECK(seen_by(sharing, 1, 0).outcome == Approx(1.0 / 3).margin(0.01));
  CHECK(sharing.shared(0) == Approx(1.0 / 3));
  CHECK(sharing.shared(1) == Approx(0.5));
  CHECK(sharing.own_agents(0) == 10);
}

TEST_CASE("claims fall where agents are idle", "[pacer]") {
  auto sharing =
      PoolSharing::of_agents(2, std::vector<AgentClass>{{{0}, 5}, {{0, 1}, 5}, {{1}, 5}});

  // Nobody of target 0 is idle, so target 1's five idle ones are its own.
  for (int round = 0; round < 20; ++round)
    sharing.estimate(std::vector<MemberAgents>{{true, 0, 10, 0.05}, {true, 5, 5, 0.05}});
  const float busy = seen_by(sharing, 0, 1).claim;
  // All of target 0 are idle, so the five of target 1 are those of both.
  for (int round = 0; round < 20; ++round)
    sharing.estimate(std::vector<MemberAgents>{{true, 10, 0, 0.05}, {true, 5, 5, 0.05}});
  const float free = seen_by(sharing, 0, 1).claim;

  CHECK(busy < 0.1);
  CHECK(free > 0.9);
}

TEST_CASE("who is idle is found from the counts where they determine it", "[pacer]") {
  // A ring of ten classes of three agents, each with three neighbouring targets: ten counts.
  std::vector<AgentClass> ring;
  for (std::uint32_t c = 0; c < 10; ++c) ring.push_back({{c, (c + 1) % 10, (c + 2) % 10}, 3});
  auto sharing = PoolSharing::of_agents(10, ring);
  SplitMix64 random{1};
  std::vector<double> idle(10, 0);
  double off = 0;
  for (int step = 0; step < 500; ++step) {
    const auto c = static_cast<std::size_t>(random.uniform() * 10);
    idle[c] = std::clamp(idle[c] + (random.uniform() < 0.4 ? 1 : -1), 0.0, 3.0);
    std::vector<MemberAgents> told(10, {true, 0, 0, 0.05});
    for (std::size_t k = 0; k < 10; ++k)
      for (const std::uint32_t t : ring[k].targets) told[t].idle += idle[k];
    for (auto& each : told) each.working = 9 - each.idle;

    sharing.estimate(told);

    for (std::size_t k = 0; k < 10; ++k) off += std::abs(sharing.idle_of_class(k) - idle[k]);
  }
  CHECK(off / 5000 < 0.25);  // Agents of a class, in the mean.
}

TEST_CASE("weights are shares whatever the counts", "[pacer][property]") {
  SplitMix64 random{2};
  for (int run = 0; run < 300; ++run) {
    std::vector<AgentClass> classes;
    for (int c = 0; c < 6; ++c) {
      AgentClass made{{}, 1 + std::floor(random.uniform() * 9)};
      for (std::uint32_t t = 0; t < 5; ++t)
        if (random.uniform() < 0.5) made.targets.push_back(t);
      if (!made.targets.empty()) classes.push_back(made);
    }
    auto sharing = PoolSharing::of_agents(5, classes);
    for (int step = 0; step < 10; ++step) {
      std::vector<MemberAgents> told(5);
      for (auto& each : told)
        each = {random.uniform() < 0.9, std::floor(random.uniform() * 30),
                std::floor(random.uniform() * 30), random.uniform()};
      sharing.estimate(told);
      for (std::size_t i = 0; i < 5; ++i)
        for (const PoolNeighbour& each : sharing.neighbours(i)) {
          REQUIRE((each.claim >= 0 && each.claim <= 1));
          REQUIRE((each.outcome >= 0 && each.outcome <= 1));
          REQUIRE((each.outcome_back >= 0 && each.outcome_back <= 1));
        }
    }
  }
}

TEST_CASE("targets that hang together by agents are one pool", "[pacer]") {
  const std::vector<AgentClass> classes{{{1, 3}, 2}, {{3, 4}, 1}, {{5}, 7}};

  CHECK(pools_of(6, classes) == std::vector<std::uint32_t>{0, 1, 2, 1, 1, 5});
}

}  // namespace paceline::test
