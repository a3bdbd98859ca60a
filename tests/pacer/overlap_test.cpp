#include "services/pacer/overlap.h"

#include <algorithm>
#include <cmath>
#include <queue>
#include <tuple>

#include "common/base/random.h"
#include "tests/support/allocated_bytes.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;
namespace {

// Agents who are busy nine tenths of their time, each with his targets; looked at each `look_s`.
class BusyAgents {
 public:
  BusyAgents(std::vector<std::vector<std::uint32_t>> skills, std::size_t targets,
             std::uint64_t seed)
      : skills_{std::move(skills)}, changes_(targets, 0), random_{seed} {
    for (std::uint32_t agent = 0; agent < skills_.size(); ++agent)
      turns_.push({random_.uniform() * 240, agent, true});
  }

  void look(OverlapSearch& search, double until_s) {
    while (std::get<0>(turns_.top()) <= until_s) {
      const auto [at_s, agent, begins] = turns_.top();
      turns_.pop();
      for (const std::uint32_t t : skills_[agent]) changes_[t] += begins ? 1 : -1;
      const double mean_s = begins ? 240 : 26;
      turns_.push({at_s - mean_s * std::log1p(-random_.uniform()), agent, !begins});
    }
    told_.clear();
    for (std::uint32_t t = 0; t < changes_.size(); ++t)
      if (changes_[t] != 0) told_.push_back({t, changes_[t]});
    std::fill(changes_.begin(), changes_.end(), 0);
    search.look(told_, until_s);
  }

 private:
  using Turn = std::tuple<double, std::uint32_t, bool>;  // When, who, begins.

  std::vector<std::vector<std::uint32_t>> skills_;
  std::vector<std::int32_t> changes_;
  SplitMix64 random_;
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns_;
  std::vector<BusyChange> told_;
};

void watch(OverlapSearch& search, BusyAgents& agents, double from_s, double to_s, double look_s) {
  double judged_s = from_s;
  for (double now_s = from_s + look_s; now_s <= to_s; now_s += look_s) {
    agents.look(search, now_s);
    if (now_s < judged_s + 60) continue;
    judged_s = now_s;
    search.judge(now_s);
  }
}

// Targets 0 and 1 have `size` agents each, of whom `both` are the same.
std::vector<std::vector<std::uint32_t>> two_groups(int size, int both) {
  std::vector<std::vector<std::uint32_t>> skills;
  for (int i = 0; i < both; ++i) skills.push_back({0, 1});
  for (int i = both; i < size; ++i) {
    skills.push_back({0});
    skills.push_back({1});
  }
  return skills;
}

}  // namespace

TEST_CASE("every overlap from three tenths on is found within an hour", "[pacer]") {
  const auto [size, both] = GENERATE(std::tuple{10, 10}, std::tuple{10, 7}, std::tuple{10, 3},
                                     std::tuple{30, 10}, std::tuple{30, 30}, std::tuple{5, 2});
  const double look_s = GENERATE(0.1, 1.0);
  const auto seed = GENERATE(range(1u, 6u));
  CAPTURE(size, both, look_s, seed);
  OverlapSearch search{2};
  BusyAgents agents{two_groups(size, both), 2, seed};

  watch(search, agents, 0, 3600, look_s);

  REQUIRE(search.found().size() == 1);
  const double share = static_cast<double>(both) / size;
  CHECK(search.found()[0].of_a == Approx(share).margin(0.2));
  CHECK(search.found()[0].of_b == Approx(share).margin(0.2));
  CHECK(search.found()[0].z > 4);
}

TEST_CASE("who shares all agents is found within three quarters of an hour among fifteen hundred",
          "[pacer]") {
  constexpr std::uint32_t targets = 1500;  // A million pairs, of which one in twenty is watched.
  constexpr std::uint32_t pairs = 10;
  std::vector<std::vector<std::uint32_t>> skills;
  for (std::uint32_t target = 0; target < targets; ++target)
    for (int agent = 0; agent < 10; ++agent)
      if (target >= 2 * pairs)
        skills.push_back({target});
      else if (target % 2 == 0)
        skills.push_back({target, target + 1});
  OverlapSearch search{targets};
  BusyAgents agents{std::move(skills), targets, 1};

  watch(search, agents, 0, 2700, 0.25);

  CHECK(search.watched() > OverlapSearch::most_pairs / 2);
  CHECK(search.found().size() == pairs);
  for (const DetectedOverlap& pair : search.found()) {
    CHECK(pair.a % 2 == 0);
    CHECK(pair.b == pair.a + 1);
  }
}

TEST_CASE("no pool is found in a hundred group-days without any", "[pacer]") {
  const double look_s = GENERATE(0.2, 1.0);
  std::vector<std::vector<std::uint32_t>> skills;
  for (std::uint32_t target = 0; target < 25; ++target)
    for (int agent = 0; agent < 10; ++agent) skills.push_back({target});
  OverlapSearch search{25};
  BusyAgents agents{std::move(skills), 25, 3};
  std::size_t most = 0;

  for (int hour = 0; hour < 40; ++hour) {  // Four days of ten hours.
    watch(search, agents, hour * 3600, hour * 3600 + 3600, look_s);
    most = std::max(most, search.found().size());
  }

  CHECK(most == 0);
}

TEST_CASE("its certainty goes on growing while nothing else of an overlap moves", "[pacer]") {
  OverlapSearch search{2};
  BusyAgents agents{two_groups(10, 10), 2, 1};
  watch(search, agents, 0, 3600, 1);
  REQUIRE(search.found().size() == 1);
  const DetectedOverlap before = search.found()[0];

  watch(search, agents, 3600, 2 * 3600, 1);

  CHECK(search.found()[0].z > before.z + 2);
  CHECK(search.found()[0].of_a == before.of_a);
}

TEST_CASE("agents who begin together count as many as they are", "[pacer]") {
  OverlapSearch search{2};
  for (int i = 0; i <= 50; ++i) {  // Two of the first target, of whom one is the other's as well.
    const int sign = i % 2 == 0 ? 1 : -1;
    search.look(std::vector<BusyChange>{{0, 2 * sign}, {1, sign}}, 60.0 * i);
  }

  REQUIRE(search.judge(3600));

  REQUIRE(search.found().size() == 1);
  CHECK(search.found()[0].of_a == Approx(0.5));
  CHECK(search.found()[0].of_b == 1);
  CHECK(search.found()[0].z == Approx(std::sqrt(50)));
}

TEST_CASE("an overlap that ends is lost", "[pacer]") {
  OverlapSearch search{2};
  BusyAgents together{two_groups(10, 10), 2, 1};
  BusyAgents apart{two_groups(10, 0), 2, 2};
  watch(search, together, 0, 3600, 1);
  REQUIRE(search.found().size() == 1);

  watch(search, apart, 3600, 3600 + 12 * 3600, 1);

  CHECK(search.found().empty());
}

TEST_CASE("a look in which very many changed is passed over, and the pairs have a bound",
          "[pacer]") {
  constexpr std::uint32_t targets = 3000;
  OverlapSearch search{targets};
  std::vector<BusyChange> all;
  for (std::uint32_t t = 0; t < targets; ++t) all.push_back({t, 1});
  search.look(all, 1);
  CHECK(search.passed_over() == 1);
  CHECK(search.watched() == 0);

  SplitMix64 random{1};
  for (int look = 0; look < 400; ++look) {
    std::vector<BusyChange> some;
    for (std::uint32_t t = static_cast<std::uint32_t>(random.uniform() * 20); t < targets; t += 20)
      some.push_back({t, random.uniform() < 0.5 ? 1 : -1});
    const std::size_t before = search.watched();
    search.look(some, 2 + look);
    REQUIRE(search.watched() <= before + OverlapSearch::most_new_pairs);
    REQUIRE(search.watched() <= OverlapSearch::most_pairs);
  }
}

TEST_CASE("once its pairs are all taken, a look takes nothing from the heap, whichever it drops",
          "[pacer]") {
  constexpr std::uint32_t targets = 3000;
  OverlapSearch search{targets};
  SplitMix64 random{1};
  std::vector<BusyChange> some;
  some.reserve(targets);
  std::size_t dropped = 0;
  const auto look_on = [&](double from_s, double to_s) {
    for (double now_s = from_s; now_s < to_s; now_s += 1) {
      some.clear();
      for (auto t = static_cast<std::uint32_t>(random.uniform() * 20); t < targets; t += 20)
        some.push_back({t, random.uniform() < 0.5 ? 1 : -1});
      const std::size_t before = search.watched();
      search.look(some, now_s);
      if (search.watched() < before) ++dropped;
    }
  };
  look_on(0, 100);
  REQUIRE(search.watched() == OverlapSearch::most_pairs);
  const AllocatedBytes allocated;

  look_on(100, 600);

  CHECK(dropped > 10);
  CHECK(search.watched() > OverlapSearch::most_pairs / 2);
  CHECK(allocated.now() == 0);
}

}  // namespace paceline::test
