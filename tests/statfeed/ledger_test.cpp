#include "services/statfeed/ledger.h"

#include <rapidcheck.h>

#include <algorithm>
#include "tests/support/catch.h"

namespace paceline::test {
using namespace statfeed;
namespace {

Ledger ledger_of(std::uint32_t slots) {
  Ledger ledger{default_mapping()};
  ledger.resize(slots);
  return ledger;
}

StatisticUpdate value(std::uint32_t slot, StatisticKind kind, double number,
                      std::int64_t at = 1000) {
  return {statistic_of(slot, kind), StatisticUpdate::Status::value, at, number};
}

void fill(Ledger& ledger, std::uint32_t slot) {
  for (std::uint32_t i = 0; i < statistic_kind_count; ++i)
    ledger.take(value(slot, static_cast<StatisticKind>(i), 1));
}

}  // namespace

TEST_CASE("a target is visible once every needed kind has a value", "[statfeed]") {
  auto ledger = ledger_of(2);
  for (std::uint32_t i = 0; i < statistic_kind_count; ++i) {
    const auto kind = static_cast<StatisticKind>(i);
    if (default_mapping()[kind].needed) {
      CHECK_FALSE(ledger.visible(1));
      ledger.take(value(1, kind, 1));
    }
  }
  CHECK(ledger.visible(1));
  CHECK_FALSE(ledger.visible(0));
  CHECK(ledger.visible_slots() == 1);
}

TEST_CASE("an invalid statistic hides its target and keeps its last number", "[statfeed]") {
  auto ledger = ledger_of(1);
  fill(ledger, 0);
  ledger.take(value(0, StatisticKind::ready, 7, 2000));

  ledger.take({statistic_of(0, StatisticKind::ready), StatisticUpdate::Status::invalid, 3000, 0});

  CHECK_FALSE(ledger.visible(0));
  CHECK(ledger.value(0, StatisticKind::ready) == 7);
  ledger.take(value(0, StatisticKind::ready, 8, 4000));
  CHECK(ledger.visible(0));
}

TEST_CASE("a target is fresh while no needed value of it is too old", "[statfeed]") {
  auto ledger = ledger_of(3);
  fill(ledger, 0);  // At the beginning of time.
  fill(ledger, 1);
  const auto at = [&](std::uint32_t slot, StatisticKind kind, Instant now, Duration age = 0s) {
    auto update = value(slot, kind, 1);
    update.age = age;
    ledger.take(update, now);
  };

  CHECK(ledger.fresh_slots(10s, Instant{10s}) == 2);
  CHECK(ledger.fresh_slots(10s, Instant{10s} + 1ns) == 0);
  for (std::uint32_t i = 0; i < statistic_kind_count; ++i)
    if (const auto kind = static_cast<StatisticKind>(i); default_mapping()[kind].needed)
      at(1, kind, Instant{20s});
  CHECK(ledger.fresh_slots(10s, Instant{30s}) == 1);
  at(1, StatisticKind::ready, Instant{25s}, 6s);
  CHECK(ledger.fresh_slots(10s, Instant{30s}) == 0);
}

TEST_CASE("a kind that is not needed does not hide its target", "[statfeed]") {
  auto ledger = ledger_of(1);
  fill(ledger, 0);
  ledger.take(
      {statistic_of(0, StatisticKind::handling_time), StatisticUpdate::Status::unseen, 0, 0});
  CHECK(ledger.visible(0));
}

TEST_CASE("duplicates and overtaken updates change nothing", "[statfeed]") {
  auto ledger = ledger_of(1);
  ledger.take(value(0, StatisticKind::ready, 5, 10'000));

  CHECK(ledger.take(value(0, StatisticKind::ready, 5, 10'000)) == Ledger::Taken::repeated);
  CHECK(ledger.take(value(0, StatisticKind::ready, 3, 9'999)) == Ledger::Taken::late);
  CHECK(ledger.value(0, StatisticKind::ready) == 5);
}

TEST_CASE("a server whose clock was set back is believed", "[statfeed]") {
  auto ledger = ledger_of(1);
  ledger.take(value(0, StatisticKind::ready, 5, 10'000'000));
  CHECK(ledger.take(value(0, StatisticKind::ready, 3, 9'000'000)) == Ledger::Taken::changed);

  ledger.begin_session();
  CHECK(ledger.take(value(0, StatisticKind::ready, 4, 8'999'999)) == Ledger::Taken::changed);
}

TEST_CASE("a target that left is forgotten", "[statfeed]") {
  auto ledger = ledger_of(1);
  fill(ledger, 0);
  ledger.forget(0);
  CHECK_FALSE(ledger.visible(0));
  CHECK(ledger.visible_slots() == 0);
  CHECK(ledger.value(0, StatisticKind::busy) == 0);
}

TEST_CASE("in any order within the window the newest update wins", "[statfeed][property]") {
  CHECK(rc::check([] {
    auto ledger = ledger_of(1);
    const auto times = *rc::gen::nonEmpty(
        rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(1, 50'000)));
    for (const auto time : times)
      ledger.take(value(0, StatisticKind::ready, static_cast<double>(time), time));
    RC_ASSERT(ledger.value(0, StatisticKind::ready) ==
              static_cast<double>(*std::ranges::max_element(times)));
  }));
}

TEST_CASE("visible_slots counts the visible after any updates", "[statfeed][property]") {
  CHECK(rc::check([] {
    auto ledger = ledger_of(3);
    const auto count = *rc::gen::inRange(0, 300);
    for (int i = 0; i < count; ++i) {
      ledger.take({*rc::gen::inRange<Statistic>(0, 3 * statistic_kind_count),
                   *rc::gen::weightedElement<StatisticUpdate::Status>(
                       {{20, StatisticUpdate::Status::value},
                        {1, StatisticUpdate::Status::invalid},
                        {1, StatisticUpdate::Status::unseen}}),
                   *rc::gen::arbitrary<std::int64_t>(), 1});
      if (*rc::gen::inRange(0, 50) == 0) ledger.forget(*rc::gen::inRange(0u, 3u));
    }
    std::uint32_t visible = 0;
    for (std::uint32_t slot = 0; slot < 3; ++slot) {
      bool all = true;
      for (std::uint32_t f = 0; f < statistic_kind_count; ++f)
        if (default_mapping().statistics[f].needed &&
            ledger.known(slot, static_cast<StatisticKind>(f)) != Ledger::Known::value)
          all = false;
      RC_ASSERT(ledger.visible(slot) == all);
      visible += all ? 1 : 0;
    }
    RC_ASSERT(ledger.visible_slots() == visible);
  }));
}

TEST_CASE("a ledger tells what was last said, whatever it was", "[statfeed]") {
  using Status = StatisticUpdate::Status;
  auto ledger = ledger_of(1);
  CHECK_FALSE(ledger.last(0));

  ledger.take({.statistic = 0, .status = Status::value, .timestamp_ms = 1000, .value = 7});
  CHECK(ledger.last(0) == StatisticUpdate{0, Status::value, 1000, 7});
  ledger.take({.statistic = 0, .status = Status::invalid, .timestamp_ms = 2000, .value = 9});
  CHECK(ledger.last(0) == StatisticUpdate{0, Status::invalid, 2000, 0});
  ledger.take({.statistic = 0, .status = Status::unseen, .timestamp_ms = 3000, .value = 9});
  CHECK(ledger.last(0) == StatisticUpdate{0, Status::unseen, 3000, 0});
}

TEST_CASE("the same again is repeated, another state or number is a change", "[statfeed]") {
  using Status = StatisticUpdate::Status;
  auto ledger = ledger_of(1);
  const auto take = [&](Status status, double number) {
    return ledger.take({.statistic = 1, .status = status, .timestamp_ms = 0, .value = number});
  };

  CHECK(take(Status::value, 0) == Ledger::Taken::changed);
  CHECK(take(Status::value, 0) == Ledger::Taken::repeated);
  CHECK(take(Status::value, 2) == Ledger::Taken::changed);
  CHECK(take(Status::invalid, 2) == Ledger::Taken::changed);
  CHECK(take(Status::invalid, 3) == Ledger::Taken::repeated);
  CHECK(take(Status::unseen, 3) == Ledger::Taken::changed);
  CHECK(ledger.known(0, StatisticKind::ready) == Ledger::Known::unseen);
  CHECK(take(Status::value, 2) == Ledger::Taken::changed);
  CHECK(ledger.known(0, StatisticKind::ready) == Ledger::Known::value);
}

TEST_CASE("the newest timestamp is the largest of the session, and no time beyond 2200",
          "[statfeed]") {
  auto ledger = ledger_of(1);
  ledger.take(value(0, StatisticKind::ready, 1, 5000));
  ledger.take(value(0, StatisticKind::busy, 1, 4000));
  CHECK(ledger.newest_ms() == 5000);

  ledger.take(value(0, StatisticKind::ready, 2, 7'258'118'400'000));
  CHECK(ledger.newest_ms() == 5000);
  CHECK(ledger.value(0, StatisticKind::ready) == 2);
  ledger.take(value(0, StatisticKind::ready, 3, -1));
  CHECK(ledger.value(0, StatisticKind::ready) == 3);
  ledger.take(value(0, StatisticKind::ready, 4, 7'258'118'399'999));
  CHECK(ledger.newest_ms() == 7'258'118'399'999);
  ledger.begin_session();
  CHECK(ledger.newest_ms() == 0);
}

TEST_CASE("an update is late within a minute before the newest one, and believed beyond",
          "[statfeed]") {
  auto ledger = ledger_of(1);
  ledger.take(value(0, StatisticKind::ready, 1, 100'000));

  CHECK(ledger.take(value(0, StatisticKind::ready, 2, 40'001)) == Ledger::Taken::late);
  CHECK(ledger.take(value(0, StatisticKind::ready, 3, 40'000)) == Ledger::Taken::changed);
  CHECK(ledger.take(value(0, StatisticKind::ready, 4, 40'000)) == Ledger::Taken::changed);
}

TEST_CASE("a target is as old as the oldest value that it needs", "[statfeed]") {
  constexpr Instant now{1h};
  auto ledger = ledger_of(2);
  for (std::uint32_t i = 0; i < statistic_kind_count; ++i) {
    auto update = value(1, static_cast<StatisticKind>(i), 1);
    update.age = default_mapping().statistics[i].needed ? 1s : 1min;
    ledger.take(update, now);
  }
  CHECK(ledger.oldest(1) == now - 1s);

  auto older = value(1, StatisticKind::in_queue, 2, 2000);
  older.age = 5s;
  ledger.take(older, now);

  CHECK(ledger.oldest(1) == now - 5s);
  CHECK(ledger.slots() == 2);
}

TEST_CASE("a slot whose target left begins from nothing, its neighbours stay", "[statfeed]") {
  auto ledger = ledger_of(3);
  for (const std::uint32_t slot : {0, 1, 2}) fill(ledger, slot);
  ledger.forget(1);
  CHECK(ledger.visible_slots() == 2);
  ledger.forget(1);
  CHECK(ledger.visible_slots() == 2);

  for (std::uint32_t i = 0; i < statistic_kind_count; ++i) {
    const auto kind = static_cast<StatisticKind>(i);
    CHECK(ledger.known(1, kind) == Ledger::Known::unheard);
    CHECK(ledger.value(1, kind) == 0);
    for (const std::uint32_t slot : {0, 2}) CHECK(ledger.value(slot, kind) == 1);
  }
  CHECK(ledger.take(value(1, StatisticKind::ready, 1, 1)) == Ledger::Taken::changed);
  fill(ledger, 1);
  CHECK(ledger.visible_slots() == 3);
}

}  // namespace paceline::test
