#include "services/statfeed/batches.h"

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "tests/support/catch.h"

namespace paceline::test {
using namespace statfeed;
namespace {

constexpr Instant start{1h};

std::vector<std::uint32_t> slots(std::uint32_t count) {
  std::vector<std::uint32_t> all(count);
  std::iota(all.begin(), all.end(), 0u);
  return all;
}

}  // namespace

TEST_CASE("kinds that a site does not have are never asked for", "[statfeed]") {
  Batches batches{{.size = 100, .kinds = 0b101}};
  const std::vector<std::uint32_t> slots{0, 3};

  batches.rebuild(slots);

  const auto id = batches.next_to_open(Instant{});
  REQUIRE(id);
  CHECK(batches.find(*id)->statistics ==
        std::vector<Statistic>{0, 2, 3 * statistic_kind_count, 3 * statistic_kind_count + 2});
}

TEST_CASE("statistics come in batches of bounded size", "[statfeed]") {
  Batches batches{{.size = 20}};
  batches.rebuild(slots(5));  // 55 statistics.

  std::vector<std::size_t> sizes;
  while (const auto id = batches.next_to_open(start)) {
    batches.opening(*id);
    sizes.push_back(batches.find(*id)->statistics.size());
    CHECK_FALSE(batches.complete());
    batches.opened(*id, "s", {}, true, start);
  }

  CHECK(sizes == std::vector<std::size_t>{20, 20, 15});
  CHECK(batches.complete());
}

TEST_CASE("what the server does not know is asked for again, later and later", "[statfeed]") {
  Batches batches{{.size = 11, .unseen_min = 15s, .unseen_max = 40s}};
  batches.rebuild(slots(1));
  auto id = *batches.next_to_open(start);
  batches.opening(id);
  CHECK_FALSE(batches.opened(id, "s", {3}, true, start));
  CHECK(batches.unseen() == 1);

  CHECK_FALSE(batches.next_to_open(start + 14s).has_value());
  auto now = start + 15s;
  for (const auto pause : {30s, 40s, 40s}) {
    id = batches.next_to_open(now).value();
    CHECK(batches.find(id)->statistics == std::vector<Statistic>{3});
    batches.opening(id);
    CHECK(batches.opened(id, "t", {3}, true, now));
    CHECK_FALSE(batches.next_to_open(now + pause - 1ms).has_value());
    now += pause;
  }
  id = batches.next_to_open(now).value();
  batches.opening(id);
  CHECK_FALSE(batches.opened(id, "t", {}, true, now));
  CHECK(batches.unseen() == 0);
}

TEST_CASE("a batch that fails is tried again and not waited for for ever", "[statfeed]") {
  Batches batches{{.size = 100, .retry_min = 1s, .retry_max = 4s, .max_failures = 3}};
  batches.rebuild(slots(1));
  auto now = start;
  for (const auto pause : {1s, 2s, 4s, 4s}) {
    const auto id = batches.next_to_open(now).value();
    batches.opening(id);
    batches.failed(id, 0s, now);
    CHECK_FALSE(batches.next_to_open(now + pause - 1ms).has_value());
    now += pause;
  }
  CHECK(batches.complete());
}

TEST_CASE("refused batches are halved so often in a session, then tried again whole",
          "[statfeed]") {
  Batches batches{{.size = 22, .splits = 2}};
  batches.rebuild(slots(2));
  for (const std::size_t halves : {11, 5}) {
    const auto id = batches.next_to_open(start).value();
    batches.opening(id);
    REQUIRE(batches.split(id, start));
    CHECK(batches.find(id)->statistics.size() == halves);
  }
  const auto id = batches.next_to_open(start).value();

  CHECK_FALSE(batches.split(id, start));

  CHECK(batches.find(id)->statistics.size() == 5);
  batches.rebuild(slots(2));  // Another session.
  CHECK(batches.split(batches.next_to_open(start).value(), start));
  CHECK(Batches::Policy{}.splits == 512);
}

TEST_CASE("targets that left take their subscriptions along", "[statfeed]") {
  Batches batches{{.size = 11}};
  batches.rebuild(slots(2));
  for (const auto* name : {"first", "second"}) {
    const auto id = batches.next_to_open(start).value();
    batches.opening(id);
    batches.opened(id, name, {}, true, start);
  }
  const std::vector<std::uint32_t> gone{0};

  CHECK(batches.remove(gone) == std::vector<std::string>{"first"});
  CHECK(batches.count() == 1);
}

TEST_CASE("no statistic is lost or doubled, whatever the server answers", "[statfeed][property]") {
  CHECK(rc::check([] {
    const auto count = *rc::gen::inRange(1u, 6u);
    Batches batches{{.size = *rc::gen::inRange<std::size_t>(1, 40), .splits = 5}};
    batches.rebuild(slots(count));
    std::map<Statistic, int> seen;
    Instant now = start;
    bool healthy = false;
    for (int i = 0; i < 400; ++i) {
      if (i == 200) healthy = true;  // From here on everything is granted: nothing may be missing.
      now += 10s;
      const auto id = batches.next_to_open(now);
      if (!id) continue;
      batches.opening(*id);
      const auto statistics = batches.find(*id)->statistics;
      RC_ASSERT(!statistics.empty());
      switch (healthy ? 0 : *rc::gen::inRange(0, 4)) {
        case 1:
          batches.failed(*id, 1s, now);
          break;
        case 2:
          if (!batches.split(*id, now)) batches.failed(*id, 1s, now);
          break;
        case 3: {
          const auto half = statistics.size() / 2;
          batches.opened(
              *id, "s",
              {statistics.begin(), statistics.begin() + static_cast<std::ptrdiff_t>(half)}, true,
              now);
          for (auto k = half; k < statistics.size(); ++k) ++seen[statistics[k]];
          break;
        }
        default:
          batches.opened(*id, "s", {}, true, now);
          for (const auto statistic : statistics) ++seen[statistic];
      }
    }
    RC_ASSERT(seen.size() == count * statistic_kind_count);
    for (const auto& [statistic, times] : seen) RC_ASSERT(times == 1);
    RC_ASSERT(batches.complete());
  }));
}

}  // namespace paceline::test
