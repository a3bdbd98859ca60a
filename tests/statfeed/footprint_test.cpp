// What one statistic costs statfeed: bytes, and that its steady state takes nothing from the heap.
// README.md tells the figures that are checked here.
#include "services/statfeed/ledger.h"
#include "services/statfeed/push_check.h"
#include "services/statfeed/totals.h"
#include "tests/statfeed/fed.h"
#include "tests/support/allocated_bytes.h"
#include "tests/support/catch.h"
#include "tests/support/still_world.h"

namespace paceline::test {
namespace {

constexpr std::size_t bytes_a_statistic = 112;  // Of a pair of servers.

// A statfeed of a hundred targets, both servers of which told all.
class StillFeed {
 public:
  StillFeed() {
    StatfeedConfig config;
    config.servers = {"http://primary", "http://backup"};
    config.targets = numbered_targets(100);
    config.keyframe = 24h * 365;
    statfeed_.emplace(config, still.world);
    for (int server = 0; server < server_count; ++server) {
      statfeed_->attach(server, sources_[static_cast<std::size_t>(server)]);
      statfeed_->began(server);
      statfeed_->became(server, {.complete = true});
      for (std::uint32_t slot = 0; slot < 100; ++slot) say(server, slot, 5);
    }
  }

  void say(int server, std::uint32_t slot, double value) {
    for (std::uint32_t kind = 0; kind < usual_kind_count; ++kind)
      updates_[kind] = {.statistic = slot * statistic_kind_count + kind,
                        .timestamp_ms = ms_since_1970(still.world.clock.wall()),
                        .value = value};
    statfeed_->updated(server, updates_);
    statfeed_->heard(server);
  }
  void hear() {
    for (int server = 0; server < server_count; ++server) statfeed_->heard(server);
  }

  StillWorld still{{"a", "statfeed", 0}};

 private:
  std::array<HandSource, server_count> sources_;
  std::array<StatisticUpdate, usual_kind_count> updates_{};
  std::optional<Statfeed> statfeed_;
};

}  // namespace

TEST_CASE(
    "what is kept of a statistic by a pair of servers takes a hundred and twelve bytes at most",
    "[statfeed]") {
  constexpr std::uint32_t targets = 1000;
  const Mapping mapping = default_mapping();
  const AllocatedBytes allocated;
  std::array<Ledger, server_count> ledgers{Ledger{mapping}, Ledger{mapping}};
  Totals totals{{}};
  std::array<PushCheck, server_count> checks{PushCheck{mapping, 30s}, PushCheck{mapping, 30s}};

  for (auto& ledger : ledgers) ledger.resize(targets);
  totals.resize(targets);
  for (auto& check : checks)  // The last one first: room for all.
    check.told(statistic_of(targets - 1, StatisticKind::abandoned), 1, 0, Instant{});

  CAPTURE(allocated.now() / targets);
  CHECK(allocated.now() <= bytes_a_statistic * targets * usual_kind_count);
}

TEST_CASE("statfeed takes nothing from the heap while nothing changes", "[statfeed]") {
  StillFeed feed;
  for (int s = 0; s < 60; ++s) {
    feed.hear();
    feed.still.pass(500ms);
  }
  const AllocatedBytes allocated;
  const std::size_t said = feed.still.said;

  for (int s = 0; s < 60; ++s) {
    feed.hear();
    feed.still.pass(500ms);
  }

  CHECK(feed.still.said >= said + 30);
  CHECK(allocated.now() == 0);
}

TEST_CASE("statfeed takes nothing from the heap for statistics that change either", "[statfeed]") {
  StillFeed feed;
  double value = 5;
  const auto change = [&] {
    ++value;
    for (std::uint32_t slot = 0; slot < 20; ++slot)
      for (int server = 0; server < server_count; ++server) feed.say(server, slot, value);
    feed.still.pass(500ms);
  };
  for (int s = 0; s < 60; ++s) change();
  const AllocatedBytes allocated;
  const std::size_t said = feed.still.said;

  for (int s = 0; s < 60; ++s) change();

  CHECK(feed.still.said >= said + 60);
  CHECK(allocated.now() == 0);
}

}  // namespace paceline::test
