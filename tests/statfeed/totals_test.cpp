#include "services/statfeed/totals.h"

#include <rapidcheck.h>

#include "tests/statfeed/start.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace statfeed;
namespace {

Totals totals_of(std::uint32_t slots) {
  Totals totals{{.per_second = 1, .burst = 10}};
  totals.resize(slots);
  return totals;
}

}  // namespace

TEST_CASE("a total begins at zero and follows the differences", "[statfeed]") {
  auto totals = totals_of(1);
  CHECK(totals.count(0, 0, 1, 500, start) == Totals::Counted::first);
  CHECK(totals.count(0, 0, 1, 503, start + 1s) == Totals::Counted::rise);
  CHECK(totals.total(0, 1) == 3);
  CHECK(totals.total(0, 0) == 0);
}

TEST_CASE("a counter that restarted is bridged and its new events count", "[statfeed]") {
  auto totals = totals_of(1);
  totals.count(0, 0, 0, 500, start);
  totals.count(0, 0, 0, 504, start + 1s);
  CHECK(totals.count(0, 0, 0, 2, start + 2s) == Totals::Counted::reset);
  CHECK(totals.total(0, 0) == 6);
}

TEST_CASE("a server that re-accumulates its history makes no jump", "[statfeed]") {
  auto totals = totals_of(1);
  totals.count(0, 0, 0, 10, start);
  CHECK(totals.count(0, 0, 0, 5000, start + 1s) == Totals::Counted::jump);
  CHECK(totals.total(0, 0) == 0);
  CHECK(totals.count(0, 0, 0, 5001, start + 2s) == Totals::Counted::rise);
  CHECK(totals.total(0, 0) == 1);
}

TEST_CASE("the manual's example of totals is counted as it says", "[statfeed]") {
  Totals totals{{.per_second = 10, .burst = 50}};
  totals.resize(1);
  Instant now = start;
  std::vector<std::uint64_t> published;
  for (const double shown : {1204, 1207, 2, 1207, 1209}) {
    totals.count(0, 0, 0, shown, now += 2s);
    published.push_back(totals.total(0, 0));
  }

  CHECK(published == std::vector<std::uint64_t>{0, 3, 5, 5, 7});
}

TEST_CASE("a rise is believed up to 50 and the rate, of ten minutes at most", "[statfeed]") {
  const auto [since, most] = GENERATE(table<Duration, int>({{2s, 70}, {10min, 6050}, {1h, 6050}}));
  Totals totals{{.per_second = 10, .burst = 50}};
  totals.resize(2);
  for (const std::uint32_t slot : {0, 1}) totals.count(0, slot, 0, 100, start);

  CHECK(totals.count(0, 0, 0, 100 + most, start + since) == Totals::Counted::rise);
  CHECK(totals.count(0, 1, 0, 101 + most, start + since) == Totals::Counted::jump);
}

TEST_CASE("after a switch the other server's counter goes on where the mark was", "[statfeed]") {
  auto totals = totals_of(1);
  totals.count(0, 0, 0, 100, start);
  totals.count(1, 0, 0, 7, start);  // The backup began later.
  totals.count(0, 0, 0, 103, start + 1s);
  totals.count(1, 0, 0, 10, start + 1s);
  totals.mark();
  totals.count(1, 0, 0, 12,
               start + 2s);  // The primary is dead: only the backup heard of these two.

  totals.use(1);

  CHECK(totals.total(0, 0) == 5);
  totals.count(1, 0, 0, 13, start + 3s);
  totals.count(0, 0, 0, 1, start + 3s);  // The primary returns, empty, and is not in use.
  CHECK(totals.total(0, 0) == 6);
}

TEST_CASE("nonsense is no count", "[statfeed]") {
  auto totals = totals_of(1);
  totals.count(0, 0, 0, 5, start);
  for (const double raw : {-1.0, 1e300, std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity()})
    CHECK(totals.count(0, 0, 0, raw, start + 1s) == Totals::Counted::jump);
  CHECK(totals.count(0, 0, 0, 6, start + 2s) == Totals::Counted::rise);
  CHECK(totals.total(0, 0) == 1);
}

TEST_CASE("totals never fall and never jump, whatever two servers show", "[statfeed][property]") {
  CHECK(rc::check([] {
    auto totals = totals_of(1);
    Instant now = start;
    Instant changed[2]{start, start};
    const auto steps = *rc::gen::inRange(1, 100);
    std::uint64_t before = 0;
    double pending = 0;  // What the standby may have counted since the last mark.
    int in_use = 0;
    bool first[2]{true, true};
    for (int i = 0; i < steps; ++i) {
      now += std::chrono::milliseconds{*rc::gen::inRange(0, 5000)};
      double most = 0;
      switch (*rc::gen::inRange(0, 6)) {
        case 0:
          totals.mark();
          pending = 0;
          break;
        case 1:
          if (*rc::gen::arbitrary<bool>()) {
            totals.use(1 - in_use);
            in_use = 1 - in_use;
            most = pending;
            pending = 0;
          }
          break;
        default: {
          const int server = *rc::gen::inRange(0, 2);
          const double allowed = first[server] ? 0 : 10 + to_seconds(now - changed[server]);
          totals.count(server, 0, 0, *rc::gen::inRange(0, 300), now);
          changed[server] = now;
          first[server] = false;
          if (server == in_use)
            most = allowed;
          else
            pending += allowed;
        }
      }
      const auto total = totals.total(0, 0);
      RC_ASSERT(total >= before);
      RC_ASSERT(static_cast<double>(total - before) <= most + 1e-9);
      before = total;
    }
  }));
}

TEST_CASE("one server that counts honestly is followed exactly", "[statfeed][property]") {
  CHECK(rc::check([] {
    auto totals = totals_of(1);
    std::uint64_t raw = *rc::gen::inRange<std::uint64_t>(0, 1'000'000);
    const std::uint64_t from = raw;
    Instant now = start;
    totals.count(0, 0, 2, static_cast<double>(raw), now);
    const auto steps = *rc::gen::inRange(0, 50);
    for (int i = 0; i < steps; ++i) {
      now += 1s;
      raw += *rc::gen::inRange<std::uint64_t>(0, 11);
      totals.count(0, 0, 2, static_cast<double>(raw), now);
    }
    RC_ASSERT(totals.total(0, 2) == raw - from);
  }));
}

}  // namespace paceline::test
