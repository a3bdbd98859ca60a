#include "services/statfeed/failover.h"

#include <rapidcheck.h>

#include "tests/statfeed/start.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace statfeed;
namespace {

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

TEST_CASE("each reason to leave a server has its name", "[statfeed]") {
  using Why = Failover::Why;
  const std::pair<Why, std::string> names[] = {
      {Why::none, "none"},   {Why::first, "first"},     {Why::silent, "silent"},
      {Why::lost, "lost"},   {Why::lagging, "lagging"}, {Why::unavailable, "unavailable"},
      {Why::asked, "asked"}, {Why::blind, "blind"}};
  for (const auto& [why, name] : names) CHECK(to_string(why) == name);
}

TEST_CASE("a server is usable while it is all of what it must be, for the silence", "[statfeed]") {
  const Failover failover{{.silence = 5s}, start};
  const auto without = [&](auto change) {
    ServerView view = good(start);
    change(view);
    return failover.usable(view, start);
  };

  CHECK(failover.usable(good(start), start + 5s));
  CHECK_FALSE(failover.usable(good(start), start + 5s + 1ns));
  CHECK_FALSE(without([](ServerView& view) { view.configured = false; }));
  CHECK_FALSE(without([](ServerView& view) { view.complete = false; }));
  CHECK_FALSE(without([](ServerView& view) { view.available = false; }));
  CHECK_FALSE(without([](ServerView& view) { view.lost = true; }));
  CHECK_FALSE(without([](ServerView& view) { view.heard.reset(); }));
}

TEST_CASE("where there is no primary the backup is taken at once", "[statfeed]") {
  Failover failover{{.start_wait = 5s}, start};

  const auto outcome = failover.step({ServerView{}, good(start)}, start);

  CHECK(outcome.why == Failover::Why::first);
  CHECK(outcome.found);
  CHECK(failover.in_use() == 1);
  CHECK(failover.live());
}

TEST_CASE("a server that nobody answers at is left as lost, and the switch is counted",
          "[statfeed]") {
  auto failover = in_use_primary();
  auto primary = good(start);
  primary.lost = true;

  const auto outcome = failover.step({primary, good(start)}, start);

  CHECK(outcome.why == Failover::Why::lost);
  CHECK(failover.switches() == 1);
  CHECK_FALSE(outcome.lost);
  CHECK_FALSE(outcome.found);
  CHECK(failover.live());
  CHECK(failover.provisional(start + 10s - 1ns));
  CHECK_FALSE(failover.provisional(start + 10s));
}

TEST_CASE("a lag is more than its bound, and of a server that has said a time", "[statfeed]") {
  const auto leaves = [](std::int64_t mine_ms, std::int64_t other_ms) {
    auto failover = in_use_primary();
    auto primary = good(start);
    auto backup = good(start);
    primary.newest_ms = mine_ms;
    backup.newest_ms = other_ms;
    return failover.step({primary, backup}, start).switched;
  };
  constexpr std::int64_t now_ms = 1'580'000'000'000;

  CHECK_FALSE(leaves(now_ms, now_ms + 30'000));
  CHECK(leaves(now_ms, now_ms + 30'001));
  CHECK_FALSE(leaves(now_ms + 40'000, now_ms));
  CHECK_FALSE(leaves(0, 40'000));
  CHECK(leaves(1, 40'001));
}

TEST_CASE("half of the other's targets are enough, and sight that returns ends the wait",
          "[statfeed]") {
  auto failover = in_use_primary();
  const auto step = [&](std::uint32_t mine, std::uint32_t other, Duration at) {
    auto primary = good(start + at);
    auto backup = good(start + at);
    primary.visible = mine;
    backup.visible = other;
    return failover.step({primary, backup}, start + at).switched;
  };

  CHECK_FALSE(step(4, 8, 0s));
  CHECK_FALSE(step(4, 8, 10s));
  CHECK_FALSE(step(4, 9, 11s));
  CHECK_FALSE(step(5, 9, 15s));
  CHECK_FALSE(step(4, 9, 16s));
  CHECK_FALSE(step(4, 9, 21s - 1ms));
  CHECK(step(4, 9, 21s));
}

TEST_CASE("a blind server that has been left is given its time when it is used again",
          "[statfeed]") {
  auto failover = in_use_primary();
  const auto step = [&](Duration at, bool ask) {
    auto primary = good(start + at);
    auto backup = good(start + at);
    primary.visible = 1;
    backup.visible = 9;
    if (ask) failover.ask_switch(start + at);
    return failover.step({primary, backup}, start + at).switched;
  };
  step(0s, false);
  REQUIRE(step(5s, false));  // Blind.
  REQUIRE(step(20s, true));  // Back by an operator's wish.

  CHECK_FALSE(step(21s, false));
  CHECK_FALSE(step(25s, false));
  CHECK(step(26s, false));
}

TEST_CASE("an operator's wish is forgotten after ten seconds, and once it is granted",
          "[statfeed]") {
  auto failover = in_use_primary();
  const auto both = [](Duration at) {
    return Failover::Servers{good(start + at), good(start + at)};
  };
  failover.ask_switch(start);
  CHECK_FALSE(failover.step(both(10s), start + 10s).switched);

  failover.ask_switch(start + 11s);
  CHECK(failover.step(both(12s), start + 12s).switched);
  CHECK_FALSE(failover.step(both(13s), start + 13s).switched);
  CHECK(failover.in_use() == 1);
}

TEST_CASE("the first server that is found is not provisional, one that returns is", "[statfeed]") {
  auto failover = in_use_primary();
  CHECK_FALSE(failover.provisional(start));
  failover.step({good(start), ServerView{}}, start + 6s);
  CHECK_FALSE(failover.live());

  const auto outcome = failover.step({good(start + 7s), ServerView{}}, start + 7s);

  CHECK(outcome.found);
  CHECK_FALSE(outcome.lost);
  CHECK(failover.provisional(start + 17s - 1ns));
  CHECK_FALSE(failover.step({good(start + 8s), ServerView{}}, start + 8s).found);
}

}  // namespace paceline::test
