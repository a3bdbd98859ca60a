#include "topology/shared_agents.h"

#include <rapidcheck.h>

#include "common/base/hash.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

Target target(std::string id, std::string group, std::string pool = "") {
  return {.id = id,
          .media_channel = "chat",
          .group = group,
          .queue = "Q" + id,
          .pool = pool,
          .options = {}};
}

}  // namespace

TEST_CASE("targets of one group share their agents, and so do those of one pool", "[topology]") {
  const Targets targets{.all = {target("d", "G"), target("x", "X"), target("b", "G"),
                                target("p", "P", "red"), target("q", "Q", "red")},
                        .agents = {}};

  const auto shared = shared_agents(targets);

  REQUIRE(shared.size() == 2);
  CHECK(shared[0].targets == std::vector<std::uint32_t>{0, 2});
  CHECK(shared[1].targets == std::vector<std::uint32_t>{3, 4});
  CHECK(pool_heads(targets) == std::vector<std::uint32_t>{2, 1, 2, 3, 3});
  CHECK(counted_once(targets) == std::vector<double>{.5, 1, .5, .5, .5});
}

TEST_CASE("membership joins targets through agents of both, in proportion", "[topology]") {
  const Targets targets{
      .all = {target("a", "A"), target("b", "B"), target("c", "C"), target("d", "D")},
      .agents = {{{"A"}, 6}, {{"A", "B"}, 4}, {{"B", "C"}, 2}, {{"D"}, 9}}};

  const auto shared = shared_agents(targets);

  REQUIRE(shared.size() == 3);  // D shares nobody: its agents are its own.
  CHECK(shared[0].targets == std::vector<std::uint32_t>{0});
  CHECK(shared[0].agents == 6);
  CHECK(pool_heads(targets) == std::vector<std::uint32_t>{0, 0, 0, 3});
  CHECK(counted_once(targets)[0] == Approx((6 + 4 / 2.) / 10));
  CHECK(counted_once(targets)[1] == Approx((4 + 2) / 2. / 6));
  CHECK(counted_once(targets)[3] == 1);
}

TEST_CASE("who shares agents is in one shard, whatever the order of the file",
          "[topology][property]") {
  REQUIRE(rc::check([] {
    Targets targets;
    const int count = *rc::gen::inRange(1, 30);
    for (int i = 0; i < count; ++i)
      targets.all.push_back(
          target(std::to_string(i), "G" + std::to_string(*rc::gen::inRange(0, 12))));
    for (int i = *rc::gen::inRange(0, 6); i > 0; --i)
      targets.agents.push_back({{"G" + std::to_string(*rc::gen::inRange(0, 12)),
                                 "G" + std::to_string(*rc::gen::inRange(0, 12))},
                                1});
    const int shards = *rc::gen::inRange(1, 9);
    const auto of = shards_of(targets, shards);
    std::vector<double> counted(targets.all.size(), 0);
    for (const auto& set : shared_agents(targets))
      for (const auto member : set.targets) RC_ASSERT(of[member] == of[set.targets.front()]);
    for (std::size_t i = 0; i < of.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (targets.all[i].group == targets.all[j].group) RC_ASSERT(of[i] == of[j]);
    Targets reversed = targets;
    std::reverse(reversed.all.begin(), reversed.all.end());
    auto back = shards_of(reversed, shards);
    std::reverse(back.begin(), back.end());
    RC_ASSERT(back == of);
  }));
}

TEST_CASE("a target alone stays in the shard of its id", "[topology]") {
  const Targets targets{.all = {target("a", "A"), target("b", "B")}, .agents = {}};
  CHECK(shards_of(targets, 5) == std::vector<int>{shard_of("a", 5), shard_of("b", 5)});
  CHECK(shared_agents(targets).empty());
}

TEST_CASE("a pool beside a membership of the same group is told", "[topology]") {
  const Targets targets{.all = {target("a", "A", "red")}, .agents = {{{"A", "B"}, 2}}};
  const auto once = check_pools(targets);
  REQUIRE_FALSE(once);
  CHECK(once.error().detail ==
        "target \"a\": pool = \"red\", but the membership tells the agents of its group \"A\" "
        "already; take one of the two out");
}

}  // namespace paceline::test
