#include "services/statfeed/roster.h"

#include <rapidcheck.h>

#include <algorithm>
#include <set>

#include "tests/support/catch.h"

namespace paceline::test {
using namespace statfeed;
namespace {

Subject subject(const std::string& id, const std::string& queue = "q") {
  return {id, "g-" + id, queue};
}

}  // namespace

TEST_CASE("a reload touches only the targets that changed", "[statfeed]") {
  Roster roster;
  roster.apply({subject("a"), subject("b"), subject("c")});
  const auto slot_a = roster.order()[0];
  const auto slot_b = roster.order()[1];

  const auto change = roster.apply({subject("d"), subject("a"), subject("b", "other")});

  CHECK(roster.order()[1] == slot_a);
  CHECK(change.removed.size() == 2);  // b changed, c left.
  CHECK(std::ranges::find(change.removed, slot_b) != change.removed.end());
  CHECK(change.added.size() == 2);
  CHECK(roster.capacity() == 3);
  CHECK(roster.subject(roster.order()[2]).queue == "other");
}

TEST_CASE("a name of an earlier life of a slot is unknown", "[statfeed]") {
  Roster roster;
  roster.apply({subject("a")});
  const StatisticName name{roster.generation(0), statistic_of(0, Figure::ready)};
  REQUIRE(roster.knows(name));

  roster.apply({subject("b")});

  CHECK(roster.order()[0] == 0);
  CHECK_FALSE(roster.knows(name));
  CHECK_FALSE(roster.knows({1, 5000}));
}

TEST_CASE("whatever comes and goes, slots are distinct and order is the file's",
          "[statfeed][property]") {
  CHECK(rc::check([] {
    Roster roster;
    const auto rounds = *rc::gen::inRange(1, 6);
    for (int round = 0; round < rounds; ++round) {
      std::vector<int> numbers;
      for (int number = 0; number < 12; ++number)
        if (*rc::gen::arbitrary<bool>())
          numbers.insert(
              numbers.begin() + *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(numbers) + 1),
              number);
      std::vector<Subject> subjects;
      for (const int number : numbers)
        subjects.push_back(
            subject(std::to_string(number), std::to_string(*rc::gen::inRange(0, 2))));

      const auto change = roster.apply(subjects);

      RC_ASSERT(roster.order().size() == subjects.size());
      const std::set<std::uint32_t> slots{roster.order().begin(), roster.order().end()};
      RC_ASSERT(slots.size() == subjects.size());
      for (std::size_t i = 0; i < subjects.size(); ++i)
        RC_ASSERT(roster.subject(roster.order()[i]) == subjects[i]);
      for (const auto slot : change.added) RC_ASSERT(roster.used(slot));
      RC_ASSERT(roster.capacity() <= 12u);
    }
  }));
}

}  // namespace paceline::test
