#include "services/statfeed/batches.h"

#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <random>

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
    RC_ASSERT(seen.size() == count * usual_kind_count);
    for (const auto& [statistic, times] : seen) RC_ASSERT(times == 1);
    RC_ASSERT(batches.complete());
  }));
}

namespace {

/// Opens every batch that is due; each gets its number as the name of its subscription.
void open_all(Batches& batches, Instant now) {
  while (const auto id = batches.next_to_open(now)) {
    batches.opening(*id);
    batches.opened(*id, std::to_string(*id), {}, true, now);
  }
}

}  // namespace

TEST_CASE("the batch that has waited longest is polled first, and only when it is due",
          "[statfeed]") {
  Batches batches{{.size = 11}};
  batches.rebuild(slots(3));
  open_all(batches, start);
  batches.find(1)->due = start + 3s;
  batches.find(2)->due = start + 1s;
  batches.find(3)->due = start + 2s;

  CHECK_FALSE(batches.next_to_poll(start + 999ms));
  CHECK(batches.next_due(true) == start + 1s);
  CHECK_FALSE(batches.next_due(false));
  CHECK(batches.next_to_poll(start + 1s) == 2u);
  CHECK(batches.next_to_poll(start + 5s) == 2u);
  batches.find(2)->polling = true;
  CHECK(batches.next_to_poll(start + 5s) == 3u);
  CHECK(batches.next_due(true) == start + 2s);

  batches.poll_soon(start + 1500ms);

  CHECK(batches.find(1)->due == start + 1500ms);
  CHECK(batches.find(2)->due == start + 1s);
}

// Both get the same. What `kept` keeps of all its batches is looked up in `looked`, one by one.
TEST_CASE("what is kept of all batches is what a look at each of them says, whatever was done",
          "[statfeed]") {
  constexpr Batches::Id most = 30;
  const auto seed = GENERATE(range(0u, 300u));
  CAPTURE(seed);
  std::mt19937 random{seed};
  const auto any = [&](std::uint32_t below) {
    return static_cast<std::uint32_t>(random() % below);
  };
  Batches kept{{.size = 11}};
  Batches looked{{.size = 11}};
  const auto both = [&](auto change) { change(kept), change(looked); };
  both([](Batches& all) { all.rebuild(slots(6)); });
  Instant now = start;
  for (int step = 0; step < 200; ++step) {
    now += any(1000) * 1ms;
    const Batches::Id id = 1 + any(most);
    const auto* batch = looked.find(id);
    const bool closed = batch && batch->state == Batches::State::closed;
    const bool opening = batch && batch->state == Batches::State::opening;
    const bool open = batch && batch->state == Batches::State::open;
    const auto what = any(8);
    if (what == 0 && closed) both([&](Batches& all) { all.opening(id); });
    if (what == 1 && opening && !batch->statistics.empty()) {
      const std::vector<Statistic> unseen(batch->statistics.begin(),
                                          batch->statistics.begin() + any(2));
      both([&, told = any(2) == 0](Batches& all) { all.opened(id, "s", unseen, told, now); });
    }
    if (what == 2 && batch) both([&](Batches& all) { all.failed(id, 1s, now); });
    if (what == 3 && batch && !open) both([&](Batches& all) { all.split(id, now); });
    if (what == 4 && any(4) == 0 && batch) both([&](Batches& all) { all.reopen(id, now + 500ms); });
    if (what == 5) both([&](Batches& all) { all.poll_soon(now); });
    if (what == 6 && any(4) == 0)
      both([slot = std::array{any(6)}, comes = any(3) > 0](Batches& all) {
        all.remove(slot);
        if (comes) all.add(slot);
      });
    if (what == 7 && open)
      both([&, due = now + any(3000) * 1ms, polling = any(2) == 0](Batches& all) {
        all.find(id)->due = due;
        all.find(id)->polling = polling;
      });
    bool any_open = false;
    std::optional<Batches::Id> longest;
    std::size_t failing = 0;
    for (Batches::Id one = 1; one < 1000; ++one) {
      const auto* each = looked.find(one);
      if (!each || each->state != Batches::State::open) continue;
      if (each->failures >= 6) ++failing;
      if (each->polling) continue;
      any_open = true;
      if (each->due <= now && (!longest || each->due < looked.find(*longest)->due)) longest = one;
    }
    REQUIRE(kept.next_to_open(now) == looked.next_to_open(now));
    REQUIRE(kept.any_open() == any_open);
    REQUIRE(kept.failing() == failing);
    REQUIRE(kept.next_due(false) == looked.next_due(false));
    REQUIRE(kept.next_due(true) == looked.next_due(true));
    REQUIRE(kept.next_to_poll(now) == longest);
  }
  kept.rebuild({});
  CHECK_FALSE(kept.any_open());
  CHECK_FALSE(kept.next_due(true));
}

TEST_CASE("a sign of life is asked of a batch that is open and not polled", "[statfeed]") {
  Batches batches{{.size = 11}};
  batches.rebuild(slots(3));
  CHECK_FALSE(batches.any_open());
  CHECK(batches.subscriptions(9).empty());
  CHECK_FALSE(batches.next_to_poll(start));
  CHECK(batches.next_due(false) == Instant{});
  open_all(batches, start);

  CHECK(batches.any_open());
  CHECK(batches.subscriptions(2) == std::vector<std::string>{"1", "2"});
  CHECK(batches.find(4) == nullptr);
}

TEST_CASE("more unknown statistics than a batch holds are asked for in several", "[statfeed]") {
  Batches batches{{.size = 4, .unseen_min = 10s}};
  batches.rebuild(slots(1));
  while (const auto id = batches.next_to_open(start)) {
    batches.opening(*id);
    CHECK(batches.opened(*id, "s", batches.find(*id)->statistics, true, start));
  }
  REQUIRE(batches.unseen() == usual_kind_count);
  CHECK(batches.next_due(false) == start + 10s);
  std::vector<std::size_t> sizes;

  while (const auto id = batches.next_to_open(start + 10s)) {
    batches.opening(*id);
    sizes.push_back(batches.find(*id)->statistics.size());
  }

  CHECK(sizes == std::vector<std::size_t>{4, 4, 3});
  CHECK(batches.unseen() == 0);
  CHECK(batches.complete());
}

TEST_CASE("a batch whose values are not told yet is polled at once, and waited for", "[statfeed]") {
  Batches batches{{.size = 11}};
  batches.rebuild(slots(1));
  const auto id = batches.next_to_open(start).value();
  batches.opening(id);
  batches.failed(id, 0s, start);
  batches.opening(id);

  CHECK_FALSE(batches.opened(id, "s", {}, false, start + 1s));

  CHECK_FALSE(batches.complete());
  CHECK_FALSE(batches.find(id)->told);
  CHECK(batches.find(id)->failures == 1);
  CHECK(batches.find(id)->pause == Duration::zero());
  CHECK(batches.next_to_poll(start + 1s) == id);
  CHECK_FALSE(batches.opened(id, "s", {}, true, start + 1s));
  CHECK(batches.complete());
  CHECK(batches.find(id)->failures == 0);
}

TEST_CASE("a failed poll waits as long as it is told, and leaves the subscription open",
          "[statfeed]") {
  Batches batches{{.size = 11, .retry_min = 1s}};
  batches.rebuild(slots(1));
  open_all(batches, start);
  batches.find(1)->polling = true;

  batches.failed(1, 20s, start);

  CHECK(batches.find(1)->state == Batches::State::open);
  CHECK_FALSE(batches.next_to_poll(start + 19s));
  CHECK(batches.next_to_poll(start + 20s) == 1u);
}

TEST_CASE("halves of a batch are asked for at once, and one statistic is not halved",
          "[statfeed]") {
  Batches batches{{.size = 3, .kinds = 0b111}};
  batches.rebuild(slots(1));
  batches.opening(1);
  batches.failed(1, 30s, start);
  REQUIRE_FALSE(batches.next_to_open(start + 1s));

  REQUIRE(batches.split(1, start + 1s));

  CHECK(batches.find(1)->statistics == std::vector<Statistic>{0});
  CHECK(batches.find(2)->statistics == std::vector<Statistic>{1, 2});
  CHECK(batches.next_to_open(start + 1s) == 1u);
  CHECK_FALSE(batches.split(1, start + 1s));
  open_all(batches, start + 1s);
  CHECK(batches.complete());
  CHECK(batches.count() == 2);
}

TEST_CASE("both halves are waited for if the whole was", "[statfeed]") {
  Batches batches{{.size = 11}};
  batches.rebuild(slots(1));
  batches.opening(1);
  REQUIRE(batches.split(1, start));

  batches.opening(1);
  batches.opened(1, "s", {}, true, start);
  CHECK_FALSE(batches.complete());
  batches.opening(2);
  batches.opened(2, "t", {}, true, start);
  CHECK(batches.complete());
  const std::uint32_t later[] = {7};
  batches.add(later);
  CHECK(batches.complete());  // Who comes later is not waited for,
  batches.opening(3);
  REQUIRE(batches.split(3, start));
  CHECK(batches.complete());  // nor a half of that.
}

TEST_CASE("a subscription that the server forgot is opened anew", "[statfeed]") {
  Batches batches{{.size = 11}};
  batches.rebuild(slots(1));
  open_all(batches, start);
  batches.find(1)->polling = true;

  batches.reopen(1, start + 1s);

  CHECK(batches.find(1)->subscription.empty());
  CHECK_FALSE(batches.find(1)->told);
  CHECK_FALSE(batches.find(1)->polling);
  CHECK_FALSE(batches.next_to_open(start + 999ms));
  CHECK(batches.next_to_open(start + 1s) == 1u);
  CHECK(batches.complete());
}

TEST_CASE("targets that leave while they are opened or unknown leave nothing behind",
          "[statfeed]") {
  const std::uint32_t gone[] = {0};
  Batches opening{{.size = 11}};
  opening.rebuild(slots(1));
  opening.opening(1);
  CHECK(opening.remove(gone).empty());
  CHECK(opening.count() == 1);
  CHECK(opening.opened(1, "s", {}, true, start));  // To be closed: nobody needs it.
  CHECK(opening.count() == 0);

  Batches failed{{.size = 11}};
  failed.rebuild(slots(1));
  failed.opening(1);
  failed.remove(gone);
  failed.failed(1, 0s, start);
  CHECK(failed.count() == 0);
  CHECK(failed.complete());

  Batches closed{{.size = 11}};
  closed.rebuild(slots(1));
  CHECK(closed.remove(gone).empty());
  CHECK(closed.count() == 0);
  CHECK(closed.complete());

  Batches unknown{{.size = 11}};
  unknown.rebuild(slots(2));
  const auto id = unknown.next_to_open(start).value();
  unknown.opening(id);
  unknown.opened(id, "s", {2, 3}, true, start);
  unknown.remove(gone);
  CHECK(unknown.unseen() == 0);
  unknown.rebuild(slots(1));
  CHECK(unknown.count() == 1);
}

TEST_CASE("after it was known a statistic's pause begins anew", "[statfeed]") {
  Batches batches{{.size = 1, .unseen_min = 15s, .kinds = 1}};
  batches.rebuild(slots(1));
  batches.opening(1);
  batches.opened(1, "s", {0}, true, start);  // Again after 15 s,
  auto id = batches.next_to_open(start + 15s).value();
  batches.opening(id);
  batches.opened(id, "t", {}, true, start + 15s);
  batches.reopen(id, start + 20s);
  batches.opening(id);

  batches.opened(id, "u", {0}, true, start + 20s);

  CHECK(batches.next_due(true) == start + 35s);  // and not after 30 s.
}

}  // namespace paceline::test
