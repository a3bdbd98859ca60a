#include "services/statfeed/poll_schedule.h"

#include <rapidcheck.h>

#include <map>
#include <numeric>
#include <set>

#include "tests/statfeed/start.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace statfeed;
namespace {

std::vector<std::uint32_t> slots(std::uint32_t count) {
  std::vector<std::uint32_t> all(count);
  std::iota(all.begin(), all.end(), 0u);
  return all;
}

// The i-th of those that are asked for.
Statistic nth(std::uint32_t i) {
  return statistic_of(i / usual_kind_count, static_cast<StatisticKind>(i % usual_kind_count));
}

bool needed(Statistic statistic) {
  return default_mapping()[kind_of(statistic)].needed;
}

}  // namespace

TEST_CASE("10,000 targets are refreshed as fast as the rate allows, and all alike", "[statfeed]") {
  constexpr std::uint32_t targets = 10'000;
  constexpr double rate = 20'000;
  PollSchedule schedule{{.per_second = rate, .burst = 100}, default_mapping()};
  schedule.rebuild(slots(targets));
  std::vector<Instant> last(targets * statistic_kind_count);
  Duration longest_needed{};
  Duration longest_other{};
  std::size_t asked = 0;

  for (Instant now = start; now < start + 20s; now += 5ms) {
    while (const auto statistic = schedule.next(now)) {
      auto& before = last[*statistic];
      if (before != Instant{}) {
        auto& longest = needed(*statistic) ? longest_needed : longest_other;
        longest = std::max(longest, now - before);
      }
      before = now;
      ++asked;
      schedule.answered(*statistic, PollSchedule::Answer::value, now);
    }
  }

  CHECK(schedule.complete());
  CHECK(asked >= static_cast<std::size_t>(0.999 * rate * 20));
  CHECK(asked <= static_cast<std::size_t>(rate * 20) + 100);
  // A round asks seven needed kinds of each target, and a quarter of the four others.
  const double round_s = targets * (7 + 4 / 4.0) / rate;
  CHECK(to_seconds(schedule.round()) == Approx(round_s).margin(0.02));
  // The first round asks for everything: 11 kinds of each.
  CHECK(to_seconds(longest_needed) <= targets * 11 / rate + 0.02);
  CHECK(to_seconds(longest_other) <= 4 * round_s + targets * 11 / rate);
  for (Statistic statistic = 0; statistic < last.size(); ++statistic)
    if (default_mapping()[kind_of(statistic)].asked) REQUIRE(last[statistic] != Instant{});
}

TEST_CASE("few targets are asked no more often than a round's least length", "[statfeed]") {
  PollSchedule schedule{{.per_second = 1000, .burst = 100, .least = 2s}, default_mapping()};
  schedule.rebuild(slots(2));
  std::map<Statistic, int> asked;

  for (Instant now = start; now < start + 20s; now = std::max(schedule.due(now), now + 1ms))
    while (const auto statistic = schedule.next(now)) {
      ++asked[*statistic];
      schedule.answered(*statistic, PollSchedule::Answer::value, now);
    }

  CHECK(asked[statistic_of(0, StatisticKind::ready)] == 10);
  CHECK(asked[statistic_of(0, StatisticKind::handling_time)] >= 2);
  CHECK(asked[statistic_of(0, StatisticKind::handling_time)] <= 4);
}

TEST_CASE("a new target comes first, and what failed is not forgotten", "[statfeed]") {
  PollSchedule schedule{{.per_second = 100, .burst = 1}, default_mapping()};
  schedule.rebuild(slots(1000));
  const auto first = schedule.next(start);
  REQUIRE(first);
  schedule.answered(*first, PollSchedule::Answer::failed, start);
  const std::uint32_t added[] = {1000};
  schedule.add(added);
  std::vector<Statistic> order;

  for (Instant now = start; order.size() < 12; now += 10ms)
    while (const auto statistic = schedule.next(now)) order.push_back(*statistic);

  CHECK(order[0] == *first);
  for (std::size_t i = 1; i < 12; ++i) CHECK(slot_of(order[i]) == 1000);
}

TEST_CASE("a target that leaves changes the order of no other", "[statfeed]") {
  constexpr std::uint32_t asked_before = 3 * usual_kind_count + 2;  // Two of slot 3 are out.
  PollSchedule schedule{{.per_second = 1000, .burst = 100}, default_mapping()};
  schedule.rebuild(slots(10));
  for (std::uint32_t i = 0; i < asked_before; ++i) REQUIRE(schedule.next(start) == nth(i));

  SECTION("asked before") {
    const std::uint32_t gone[] = {0, 2};
    schedule.remove(gone);

    CHECK(schedule.next(start) == nth(asked_before));
  }
  SECTION("being asked") {
    const std::uint32_t gone[] = {1, 3};
    schedule.remove(gone);

    CHECK(schedule.next(start) == statistic_of(4, StatisticKind::logged_in));
  }
  SECTION("next to be asked") {
    const std::uint32_t gone[] = {4};
    schedule.remove(gone);

    for (std::uint32_t i = asked_before; i < 4 * usual_kind_count; ++i)
      REQUIRE(schedule.next(start) == nth(i));
    CHECK(schedule.next(start) == statistic_of(5, StatisticKind::logged_in));
  }
}

TEST_CASE("a round is complete without the targets that left meanwhile", "[statfeed]") {
  PollSchedule schedule{{.per_second = 1000, .burst = 100}, default_mapping()};
  schedule.rebuild(slots(2));
  const std::uint32_t gone[] = {1};
  for (std::uint32_t i = 0; i < usual_kind_count; ++i) {
    const auto statistic = schedule.next(start);
    REQUIRE(statistic);
    CHECK_FALSE(schedule.complete());
    schedule.answered(*statistic, PollSchedule::Answer::value, start);
  }
  CHECK_FALSE(schedule.complete());

  schedule.remove(gone);

  CHECK(schedule.complete());
}

TEST_CASE("an unknown statistic of a target that left is not asked for, and forgotten",
          "[statfeed]") {
  const std::uint32_t slot[] = {0};
  PollSchedule schedule{
      {.per_second = 1000, .burst = 100, .least = 1h, .unseen_min = 10s, .unseen_max = 80s},
      default_mapping()};
  schedule.rebuild(slot);
  const auto all_unseen = [&](Instant now) {
    std::size_t asked = 0;
    while (const auto statistic = schedule.next(now)) {
      schedule.answered(*statistic, PollSchedule::Answer::unseen, now);
      ++asked;
    }
    return asked;
  };
  REQUIRE(all_unseen(start) == usual_kind_count);
  REQUIRE(schedule.unseen() == usual_kind_count);

  schedule.remove(slot);

  CHECK(schedule.unseen() == 0);
  CHECK(all_unseen(start + 1min) == 0);
  schedule.add(slot);
  CHECK(all_unseen(start + 2min) == usual_kind_count);
  CHECK(all_unseen(start + 2min + 9s) == 0);
  CHECK(all_unseen(start + 2min + 10s) == usual_kind_count);  // The first pause, not the next.
}

TEST_CASE("the unknown are asked for again, later and later, and do not starve the known",
          "[statfeed]") {
  PollSchedule schedule{
      {.per_second = 100, .burst = 1, .least = 1s, .unseen_min = 1s, .unseen_max = 8s},
      default_mapping()};
  schedule.rebuild(slots(100));
  std::size_t known = 0;
  std::size_t unknown = 0;
  std::vector<Instant> one;

  for (Instant now = start; now < start + 100s; now += 10ms)
    while (const auto statistic = schedule.next(now)) {
      const bool bad = slot_of(*statistic) >= 10;
      ++(bad ? unknown : known);
      if (*statistic == statistic_of(99, StatisticKind::ready)) one.push_back(now);
      schedule.answered(*statistic,
                        bad ? PollSchedule::Answer::unseen : PollSchedule::Answer::value, now);
    }

  CHECK(schedule.complete());
  CHECK(schedule.unseen() == 90 * usual_kind_count);
  CHECK(known + unknown >= 9'000);
  CHECK(known >= 5'000);
  REQUIRE(one.size() > 2);
  CHECK(one[1] - one[0] >= 1s);
  CHECK(one.back() - one[one.size() - 2] >= 8s);
}

TEST_CASE("no statistic is out twice, and none of a target that left", "[statfeed][property]") {
  REQUIRE(rc::check([] {
    PollSchedule schedule{{.per_second = 1000, .burst = 5, .least = 100ms, .unseen_min = 1s},
                          default_mapping()};
    schedule.rebuild(slots(4));
    std::set<std::uint32_t> here{0, 1, 2, 3};
    std::set<Statistic> out;
    Instant now = start;
    const auto steps = *rc::gen::inRange(1, 300);
    for (int i = 0; i < steps; ++i) {
      now += std::chrono::milliseconds{*rc::gen::inRange(0, 50)};
      switch (*rc::gen::inRange(0, 6)) {
        case 0: {
          const std::uint32_t slot = *rc::gen::inRange(0u, 6u);
          if (here.contains(slot)) {
            schedule.remove(std::span{&slot, 1});
            here.erase(slot);
            std::erase_if(out, [&](Statistic one) { return slot_of(one) == slot; });
          } else {
            schedule.add(std::span{&slot, 1});
            here.insert(slot);
          }
          break;
        }
        case 1:
        case 2:
          if (!out.empty()) {
            const auto one = *out.begin();
            out.erase(out.begin());
            schedule.answered(
                one,
                *rc::gen::element(PollSchedule::Answer::value, PollSchedule::Answer::unseen,
                                  PollSchedule::Answer::failed),
                now);
          }
          break;
        default:
          if (const auto statistic = schedule.next(now)) {
            RC_ASSERT(here.contains(slot_of(*statistic)));
            RC_ASSERT(out.insert(*statistic).second);
          }
      }
      RC_ASSERT(schedule.due(now) >= now);
    }
    // Whatever came before, everything is asked in the end.
    std::set<Statistic> asked;
    for (int i = 0; i < 100'000 && asked.size() < here.size() * usual_kind_count; ++i, now += 10ms)
      while (const auto statistic = schedule.next(now)) {
        asked.insert(*statistic);
        schedule.answered(*statistic, PollSchedule::Answer::value, now);
      }
    for (const auto one : out) asked.insert(one);
    RC_ASSERT(asked.size() == here.size() * usual_kind_count);
  }));
}

}  // namespace paceline::test
