#include "services/statfeed/push_check.h"

#include "tests/statfeed/start.h"
#include "tests/support/allocated_bytes.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace statfeed;
namespace {

constexpr Statistic ready = statistic_of(0, StatisticKind::ready);
constexpr Statistic handling = statistic_of(0, StatisticKind::handling_time);

}  // namespace

TEST_CASE("to be told of many statistics for the first time costs each the same", "[statfeed]") {
  constexpr Statistic many = 50'000;
  PushCheck check{default_mapping(), 30s};
  const AllocatedBytes allocated;
  for (Statistic statistic = 0; statistic < many; ++statistic) check.told(statistic, 1, 0, start);

  CHECK(allocated.now() < std::size_t{many} * 300);  // 24 of them kept.
}

TEST_CASE("a difference between polls and push that lasts is a contradiction", "[statfeed]") {
  PushCheck check{default_mapping(), 30s};
  check.told(ready, 5, 0, start);

  CHECK_FALSE(check.polled(ready, 1, 7, start + 1s, start + 2s));
  CHECK_FALSE(check.to_ask(start + 31s));
  CHECK(check.due() == start + 32s);
  REQUIRE(check.to_ask(start + 32s));
  CHECK_FALSE(check.to_ask(start + 32s));  // It is being asked for.
  const auto found = check.polled(ready, 1, 8, start + 32s, start + 33s);

  REQUIRE(found);
  CHECK(found->statistic == ready);
  CHECK(found->pushed == 5.0);
  CHECK(found->polled == 8.0);
  CHECK(found->since == 32s);
}

TEST_CASE("news that were under way are no contradiction", "[statfeed]") {
  PushCheck check{default_mapping(), 30s};
  check.told(ready, 5, 0, start);
  check.polled(ready, 1, 7, start + 1s, start + 1s);

  SECTION("the push tells, whatever the number") {
    check.told(ready, 6, 0, start + 20s);
    CHECK_FALSE(check.due());
    CHECK_FALSE(check.polled(ready, 1, 7, start + 40s, start + 40s));
  }
  SECTION("it was told after the poll was asked") {
    check.told(ready, 6, 0, start + 41s);
    CHECK_FALSE(check.polled(ready, 1, 7, start + 40s, start + 42s));
    CHECK_FALSE(check.due());
  }
  SECTION("the number came back before the push could tell") {
    CHECK_FALSE(check.polled(ready, 1, 5, start + 40s, start + 40s));
    CHECK_FALSE(check.due());
  }
  SECTION("it does not last yet") {
    CHECK_FALSE(check.polled(ready, 1, 7, start + 30s, start + 30s));
    CHECK(check.due());
  }
}

TEST_CASE("what was overtaken on the way shows a live push, and no number", "[statfeed]") {
  PushCheck check{default_mapping(), 30s};
  check.told(ready, 5, 20'000, start);
  check.polled(ready, 1, 7, start + 1s, start + 1s);
  check.told(ready, 4, 19'000, start + 2s);
  CHECK_FALSE(check.due());

  CHECK_FALSE(check.polled(ready, 1, 5, start + 3s, start + 3s));
  CHECK_FALSE(check.due());
  check.told(ready, 4, 20'000, start + 4s);
  CHECK_FALSE(check.polled(ready, 1, 5, start + 5s, start + 5s));
  CHECK(check.due());
}

TEST_CASE("a number that went and came is compared too", "[statfeed]") {
  PushCheck check{default_mapping(), 30s};
  check.told(ready, 5, 0, start);
  check.polled(ready, 1, std::nullopt, start + 1s, start + 1s);
  CHECK(check.due());
  check.told(ready, std::nullopt, 0, start + 2s);

  CHECK_FALSE(check.polled(ready, 1, std::nullopt, start + 60s, start + 60s));
  CHECK_FALSE(check.due());
}

TEST_CASE("what the server may tell late or roughly is not compared", "[statfeed]") {
  auto mapping = default_mapping();
  auto& rough = mapping[StatisticKind::ready].definition.emplace();
  SECTION("an insensitivity") {
    rough.insensitivity = 2;
  }
  SECTION("no notification") {
    rough.notification_mode = "NoNotification";
  }
  PushCheck check{mapping, 30s};
  for (const auto statistic : {ready, handling}) {
    check.told(statistic, 5, 0, start);
    CHECK_FALSE(check.polled(statistic, 1, 9, start + 1s, start + 1s));
    CHECK_FALSE(check.polled(statistic, 1, 9, start + 1h, start + 1h));
  }
  CHECK_FALSE(check.due());
}

TEST_CASE("what is told periodically has its period more", "[statfeed]") {
  auto mapping = default_mapping();
  auto& told = mapping[StatisticKind::ready].definition.emplace();
  told.notification_mode = "Periodical";
  told.notification_frequency = 60;
  PushCheck check{mapping, 30s};
  check.told(ready, 5, 0, start);
  check.polled(ready, 1, 7, start + 1s, start + 1s);

  CHECK_FALSE(check.polled(ready, 1, 7, start + 90s, start + 90s));
  CHECK(check.polled(ready, 1, 7, start + 91s, start + 91s));
}

TEST_CASE("what was never told in this session is not compared, and differences have a bound",
          "[statfeed]") {
  PushCheck check{default_mapping(), 30s};
  CHECK_FALSE(check.polled(ready, 1, 7, start, start));
  CHECK_FALSE(check.due());
  for (std::uint32_t slot = 0; slot < 1000; ++slot) {
    check.told(statistic_of(slot, StatisticKind::ready), 1, 0, start);
    check.polled(statistic_of(slot, StatisticKind::ready), 1, 2, start + 1s, start + 1s);
  }
  std::size_t asked = 0;
  while (check.to_ask(start + 1min)) ++asked;

  CHECK(asked == PushCheck::max_suspects);
  check.begin();
  CHECK_FALSE(check.due());
  CHECK_FALSE(check.polled(ready, 1, 7, start + 2min, start + 2min));
}

}  // namespace paceline::test
