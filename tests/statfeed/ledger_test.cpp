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

}  // namespace paceline::test
