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
  totals.mark(true);
  totals.count(1, 0, 0, 12,
               start + 2s);  // The primary is dead: only the backup heard of these two.

  totals.use(1);

  CHECK(totals.total(0, 0) == 5);
  totals.count(1, 0, 0, 13, start + 3s);
  totals.count(0, 0, 0, 1, start + 3s);  // The primary returns, empty, and is not in use.
  CHECK(totals.total(0, 0) == 6);
}

TEST_CASE(
    "what both servers tell after a mark is counted once, whoever tells it first and is used then",
    "[statfeed]") {
  auto totals = totals_of(1);
  for (const int server : {0, 1}) totals.count(server, 0, 0, 100, start);
  totals.mark(true);

  SECTION("the one in use, which is left then") {
    totals.count(0, 0, 0, 109, start + 10s);
    totals.count(1, 0, 0, 109, start + 10s);
    totals.use(1);
    CHECK(totals.total(0, 0) == 9);
  }
  SECTION("the one in use, and the other only once it is used") {
    totals.count(0, 0, 0, 109, start + 10s);
    totals.use(1);
    CHECK(totals.total(0, 0) == 9);
    totals.count(1, 0, 0, 106, start + 11s);
    totals.count(1, 0, 0, 109, start + 12s);
    CHECK(totals.total(0, 0) == 9);
  }
  SECTION("the other, which is used then, and is left again") {
    totals.count(1, 0, 0, 109, start + 10s);
    totals.use(1);
    CHECK(totals.total(0, 0) == 9);
    totals.count(0, 0, 0, 109, start + 11s);
    totals.use(0);
    CHECK(totals.total(0, 0) == 9);
  }
  totals.count(0, 0, 0, 112, start + 13s);
  totals.count(1, 0, 0, 112, start + 13s);
  CHECK(totals.total(0, 0) == 12);
}

TEST_CASE("a server that lost what was counted already goes on from the next mark", "[statfeed]") {
  auto totals = totals_of(1);
  for (const int server : {0, 1}) totals.count(server, 0, 0, 100, start);
  totals.mark(true);
  totals.count(0, 0, 0, 105, start + 5s);
  totals.use(1);
  totals.count(1, 0, 0, 101, start + 6s);
  CHECK(totals.total(0, 0) == 5);

  totals.mark(false);

  totals.count(1, 0, 0, 102, start + 7s);
  CHECK(totals.total(0, 0) == 6);
}

TEST_CASE("what a server catches up after an absence is in the totals already", "[statfeed]") {
  auto totals = totals_of(2);
  for (const int server : {0, 1})
    for (const std::uint32_t slot : {0, 1}) totals.count(server, slot, 0, 100, start);
  totals.mark(true);
  totals.count(0, 0, 0, 109, start + 10s);
  totals.mark(false);  // The backup is away.
  totals.count(1, 0, 0, 108, start + 11s);

  SECTION("and it is used before both were heard together") {
    totals.use(1);
    CHECK(totals.total(0, 0) == 9);
    totals.count(1, 0, 0, 110, start + 12s);
    CHECK(totals.total(0, 0) == 11);
  }
  SECTION("and once both were heard together it counts") {
    totals.count(1, 0, 0, 109, start + 11s);
    totals.mark(true);
    totals.count(1, 0, 0, 110, start + 12s);
    totals.use(1);
    CHECK(totals.total(0, 0) == 10);
  }
  CHECK(totals.total(1, 0) == 0);
}

TEST_CASE("a target that left takes its marks along", "[statfeed]") {
  auto totals = totals_of(1);
  for (const int server : {0, 1}) totals.count(server, 0, 0, 100, start);
  for (const int server : {0, 1}) totals.count(server, 0, 0, 108, start + 5s);
  totals.mark(true);

  totals.forget(0);

  for (const int server : {0, 1}) totals.count(server, 0, 0, 3, start + 6s);
  totals.count(1, 0, 0, 5, start + 7s);
  totals.use(1);
  CHECK(totals.total(0, 0) == 2);
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
    double pending[2]{};  // What each may have counted since the last mark.
    bool in_step[2]{true, true};
    int in_use = 0;
    bool first[2]{true, true};
    for (int i = 0; i < steps; ++i) {
      now += std::chrono::milliseconds{*rc::gen::inRange(0, 5000)};
      double most = 0;
      switch (*rc::gen::inRange(0, 6)) {
        case 0: {
          const bool both = *rc::gen::arbitrary<bool>();
          totals.mark(both);
          pending[0] = pending[1] = 0;
          in_step[in_use] = true;
          in_step[1 - in_use] = both;
          break;
        }
        case 1:
          if (*rc::gen::arbitrary<bool>()) {
            in_use = 1 - in_use;
            totals.use(in_use);
            most = pending[in_use];
            if (!in_step[in_use]) {
              pending[0] = pending[1] = 0;
              in_step[in_use] = true;
            }
          }
          break;
        default: {
          const int server = *rc::gen::inRange(0, 2);
          const double allowed = first[server] ? 0 : 10 + to_seconds(now - changed[server]);
          totals.count(server, 0, 0, *rc::gen::inRange(0, 300), now);
          changed[server] = now;
          first[server] = false;
          if (server == in_use) most = allowed;
          if (in_step[server]) pending[server] += allowed;
        }
      }
      const auto total = totals.total(0, 0);
      RC_ASSERT(total >= before);
      RC_ASSERT(static_cast<double>(total - before) <= most + 1e-9);
      before = total;
    }
  }));
}

TEST_CASE("two servers that count honestly are followed exactly, whoever tells first and is used",
          "[statfeed][property]") {
  CHECK(rc::check([] {
    Totals totals{{.per_second = 1, .burst = 10'000}};
    totals.resize(1);
    std::uint64_t happened = 0;
    std::uint64_t told[2]{};
    int in_use = 0;
    for (const int server : {0, 1}) totals.count(server, 0, 1, 700, start);
    const auto steps = *rc::gen::inRange(1, 100);
    for (int i = 0; i < steps; ++i) {
      switch (*rc::gen::inRange(0, 5)) {
        case 0:
          happened += *rc::gen::inRange<std::uint64_t>(0, 11);
          break;
        case 1:
          if (told[0] == told[1]) totals.mark(true);
          break;
        case 2:
          totals.use(in_use = 1 - in_use);
          break;
        default: {
          const int server = *rc::gen::inRange(0, 2);
          told[server] = happened;
          totals.count(server, 0, 1, 700.0 + static_cast<double>(happened), start + 1s);
        }
      }
      const auto total = totals.total(0, 1);
      RC_ASSERT(total <= happened);
      RC_ASSERT(total >= told[in_use]);
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
