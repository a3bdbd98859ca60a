#include "services/statfeed/failover.h"

#include <rapidcheck.h>

#include "tests/support/catch.h"

namespace paceline::test {
using namespace statfeed;
namespace {

constexpr Instant start{1h};

ServerView good(Instant heard) {
  return {.configured = true, .complete = true, .available = true, .heard = heard, .newest_ms = 0};
}

Failover in_use_primary(Instant now = start) {
  Failover failover{{}, now};
  failover.step({good(now), good(now)}, now);
  return failover;
}

}  // namespace

TEST_CASE("the primary is waited for at the start, then the backup is taken", "[statfeed]") {
  Failover failover{{.start_wait = 5s}, start};
  ServerView missing{.configured = true};

  CHECK_FALSE(failover.step({missing, good(start)}, start).switched);
  const auto outcome = failover.step({missing, good(start + 5s)}, start + 5s);

  CHECK(outcome.switched);
  CHECK(outcome.why == Failover::Why::first);
  CHECK(failover.in_use() == 1);
  CHECK(failover.switches() == 0);
  CHECK_FALSE(failover.provisional(start + 5s));
}

TEST_CASE("a silent server is left for the other, with a grace period, and not returned to",
          "[statfeed]") {
  auto failover = in_use_primary();

  const auto now = start + 6s;
  const auto outcome = failover.step({good(start), good(now)}, now);

  CHECK(outcome.switched);
  CHECK(outcome.why == Failover::Why::silent);
  CHECK(failover.in_use() == 1);
  CHECK(failover.provisional(now));
  CHECK_FALSE(failover.provisional(now + 10s));
  for (int second = 0; second < 100; ++second) {
    const auto later = now + second * 1s;
    CHECK_FALSE(failover.step({good(later), good(later)}, later).switched);
  }
  CHECK(failover.in_use() == 1);
}

TEST_CASE("a server that calls itself unavailable is left at once", "[statfeed]") {
  auto failover = in_use_primary();
  auto primary = good(start + 1s);
  primary.available = false;

  CHECK(failover.step({primary, good(start + 1s)}, start + 1s).why == Failover::Why::unavailable);
  CHECK(failover.in_use() == 1);
}

TEST_CASE("a server that lags behind the other is left", "[statfeed]") {
  auto failover = in_use_primary();
  auto primary = good(start);
  auto backup = good(start);
  primary.newest_ms = 1'580'000'000'000;
  backup.newest_ms = primary.newest_ms + 29'000;
  CHECK_FALSE(failover.step({primary, backup}, start).switched);

  backup.newest_ms += 2'000;
  CHECK(failover.step({primary, backup}, start).why == Failover::Why::lagging);

  auto other = in_use_primary();
  backup.newest_ms = INT64_MAX;  // A clock that is out of its mind is no lag.
  CHECK_FALSE(other.step({primary, backup}, start).switched);
}

TEST_CASE("timestamps an hour apart are a clock that is wrong, and mean nothing", "[statfeed]") {
  const auto [apart_ms, leaves] =
      GENERATE(table<std::int64_t, bool>({{3'599'999, true}, {3'600'000, false}}));
  auto failover = in_use_primary();
  auto primary = good(start);
  auto backup = good(start);
  primary.newest_ms = 1'580'000'000'000;
  backup.newest_ms = primary.newest_ms + apart_ms;

  CHECK(failover.step({primary, backup}, start).switched == leaves);
}

TEST_CASE("a server that sees far fewer targets than the other is left after a while",
          "[statfeed]") {
  auto failover = in_use_primary();
  auto primary = good(start);
  auto backup = good(start);
  primary.visible = 4;
  backup.visible = 9;
  CHECK_FALSE(failover.step({primary, backup}, start).switched);

  primary.heard = backup.heard = start + 5s;
  const auto outcome = failover.step({primary, backup}, start + 5s);

  CHECK(outcome.why == Failover::Why::blind);
  CHECK(failover.in_use() == 1);
}

TEST_CASE("with neither usable nothing switches, and the loss is told once", "[statfeed]") {
  auto failover = in_use_primary();
  const auto now = start + 6s;

  CHECK(failover.step({good(start), good(start)}, now).lost);
  CHECK_FALSE(failover.step({good(start), good(start)}, now).lost);
  CHECK_FALSE(failover.live());
  CHECK(failover.in_use() == 0);
  const auto outcome = failover.step({good(now), good(start)}, now);
  CHECK(outcome.found);
  CHECK(failover.provisional(now));
}

TEST_CASE("the operator's switch goes to a usable server only", "[statfeed]") {
  auto failover = in_use_primary();
  failover.ask_switch(start);
  CHECK_FALSE(failover.step({good(start), ServerView{.configured = true}}, start).switched);

  const auto outcome = failover.step({good(start + 1s), good(start + 1s)}, start + 1s);

  CHECK(outcome.why == Failover::Why::asked);
  CHECK(failover.in_use() == 1);
  CHECK_FALSE(failover.step({good(start + 1s), good(start + 1s)}, start + 1s).switched);
}

TEST_CASE("a switch always goes to a usable server", "[statfeed][property]") {
  CHECK(rc::check([] {
    Failover failover{{}, start};
    Instant now = start;
    Instant heard[2]{start, start};
    const auto steps = *rc::gen::inRange(0, 60);
    for (int i = 0; i < steps; ++i) {
      now += std::chrono::milliseconds{*rc::gen::inRange(0, 4000)};
      Failover::Servers servers;
      for (int s = 0; s < 2; ++s) {
        if (*rc::gen::inRange(0, 3) > 0) heard[s] = now;
        servers[static_cast<std::size_t>(s)] = good(heard[s]);
        servers[static_cast<std::size_t>(s)].available = *rc::gen::inRange(0, 8) > 0;
        servers[static_cast<std::size_t>(s)].complete = *rc::gen::inRange(0, 8) > 0;
        servers[static_cast<std::size_t>(s)].newest_ms =
            *rc::gen::inRange<std::int64_t>(0, 100'000);
      }
      if (*rc::gen::inRange(0, 10) == 0) failover.ask_switch(now);
      const auto before = failover.in_use();
      const auto outcome = failover.step(servers, now);
      RC_ASSERT(outcome.switched == (failover.in_use() != before));
      if (outcome.switched)
        RC_ASSERT(failover.usable(servers[static_cast<std::size_t>(*failover.in_use())], now));
    }
  }));
}

}  // namespace paceline::test
