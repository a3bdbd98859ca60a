#include "services/statfeed/targets_index.h"

#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include "tests/support/catch.h"

namespace paceline::test {
using namespace statfeed;
namespace {

TargetObjects objects(const std::string& id, const std::string& queue = "q") {
  return {id, "g-" + id, queue};
}

}  // namespace

TEST_CASE("a reload touches only the targets that changed", "[statfeed]") {
  TargetsIndex targets_index;
  targets_index.apply({objects("a"), objects("b"), objects("c")});
  const auto slot_a = targets_index.order()[0];
  const auto slot_b = targets_index.order()[1];

  const auto change = targets_index.apply({objects("d"), objects("a"), objects("b", "other")});

  CHECK(targets_index.order()[1] == slot_a);
  CHECK(change.removed.size() == 2);  // b changed, c left.
  CHECK(std::ranges::find(change.removed, slot_b) != change.removed.end());
  CHECK(change.added.size() == 2);
  CHECK(targets_index.capacity() == 3);
  CHECK(targets_index.target(targets_index.order()[2]).queue == "other");
}

TEST_CASE("a name of an earlier life of a slot is unknown", "[statfeed]") {
  TargetsIndex targets_index;
  targets_index.apply({objects("a")});
  const StatisticId name{targets_index.generation(0), statistic_of(0, StatisticKind::ready)};
  REQUIRE(targets_index.knows(name));

  targets_index.apply({objects("b")});

  CHECK(targets_index.order()[0] == 0);
  CHECK_FALSE(targets_index.knows(name));
  CHECK_FALSE(targets_index.knows({1, 5000}));
}

TEST_CASE("whatever comes and goes, slots are distinct and order is the file's",
          "[statfeed][property]") {
  CHECK(rc::check([] {
    TargetsIndex targets_index;
    const auto rounds = *rc::gen::inRange(1, 6);
    for (int round = 0; round < rounds; ++round) {
      std::vector<int> numbers;
      for (int number = 0; number < 12; ++number)
        if (*rc::gen::arbitrary<bool>())
          numbers.insert(
              numbers.begin() + *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(numbers) + 1),
              number);
      std::vector<TargetObjects> targets;
      for (const int number : numbers)
        targets.push_back(objects(std::to_string(number), std::to_string(*rc::gen::inRange(0, 2))));

      const auto change = targets_index.apply(targets);

      RC_ASSERT(targets_index.order().size() == targets.size());
      const std::set<std::uint32_t> slots{targets_index.order().begin(),
                                          targets_index.order().end()};
      RC_ASSERT(slots.size() == targets.size());
      for (std::size_t i = 0; i < targets.size(); ++i)
        RC_ASSERT(targets_index.target(targets_index.order()[i]) == targets[i]);
      for (const auto slot : change.added) RC_ASSERT(targets_index.used(slot));
      RC_ASSERT(targets_index.capacity() <= 12u);
    }
  }));
}

}  // namespace paceline::test
