// What a publisher makes of pacers that miss a message or say nonsense, and when it says everything
// again or warns, on virtual time.
#include <map>

#include "common/wire/codec.h"
#include "tests/publisher/fixture.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace publisher;
namespace {

// Targets that are allowed nothing by what was published last.
std::size_t stale_targets(const Fixture& fixture) {
  std::map<std::string, Offer> held;
  for (const auto& published : fixture.published())
    for (const auto& target : published.request.targets) held[target.id] = target.offer;
  std::size_t stale = 0;
  for (const auto& [id, offer] : held)
    stale += offer.reason == PaceReason::stale_statistics && offer.proactive == 0 ? 1 : 0;
  return stale;
}

}  // namespace

// Nobody closes this gap: the pacers of the fixture answer no questions, and repeat their rows once
// an hour. They go on speaking.
TEST_CASE("a shard that missed a message keeps its allowances until the stale bound",
          "[publisher][scenario]") {
  Fixture fixture{101, {}, 1h};
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(3s);
  CHECK(stale_targets(fixture) == 0);
  StateFrame<TargetPace> later;
  later.header.sender = "a/pacer/0";
  later.header.shard = 0;
  later.header.incarnation = fixture.pacers[0]->incarnation;
  later.header.sequence = 1'000'000;

  fixture.pacers[0]->bus.publish("pace", encode(later), 0);
  fixture.sim.run_for(4800ms);  // Of 5 s.
  CHECK(fixture.published().size() == 4);
  CHECK(stale_targets(fixture) == 0);
  CHECK(fixture.sim.count("pace_stale") == 0);

  fixture.sim.run_for(2s);
  CHECK(stale_targets(fixture) > 0);
  CHECK(stale_targets(fixture) < 6);
  CHECK(fixture.sim.count("pace_stale") == 1);
}

TEST_CASE("what a pacer says unreadably is told once, and once that it is over",
          "[publisher][scenario]") {
  Fixture fixture{102};
  fixture.sim.run_for(1s);
  fixture.grant(257);
  for (int i = 0; i < 5; ++i) fixture.pacers[0]->bus.publish("pace", Bytes{0xc1, 0xff}, 0);
  fixture.sim.run_for(1s);
  CHECK(fixture.sim.count("pace_refused") == 1);
  CHECK(fixture.sim.count("pace_refused_over") == 0);

  fixture.sim.run_for(5s);

  CHECK(fixture.sim.count("pace_refused") == 1);
  CHECK(fixture.sim.count("pace_refused_over") == 1);
  CHECK(fixture.publisher->report().outcome == PublicationOutcome::accepted);
  CHECK(stale_targets(fixture) == 0);
}

TEST_CASE("everything is said again every full_every periods", "[publisher][scenario]") {
  Fixture fixture{103, [](PublisherConfig& config) {
                    config.full_every = 5;
                    config.prompt_gap = 300ms;
                  }};
  fixture.pace(0);
  fixture.sim.run_for(1s);
  fixture.grant(257);
  fixture.sim.run_for(11s);
  fixture.pace(1);  // A publication more, which is no period.
  fixture.sim.run_for(20s);

  const auto& published = fixture.published();
  std::vector<Duration> full_at;
  for (const auto& each : published)
    if (each.request.full) full_at.push_back(each.at - published[0].at);
  REQUIRE(full_at.size() == 4);
  for (int i = 0; i < 4; ++i)
    CHECK(std::chrono::abs(full_at[static_cast<std::size_t>(i)] - i * 10s) < 10ms);
  CHECK(fixture.publisher->report().prompts > 0);
}

TEST_CASE("three round trips in a row over the warning share are warned about, two are not",
          "[publisher][scenario]") {
  Fixture fixture{104};
  const std::string slow = "yy-yyy";  // Over 1 s of 2 s?
  fixture.endpoint->delay_of = [&](const PublicationRequest&) {
    const auto index = fixture.published().size() - 1;
    return index < slow.size() && slow[index] == 'y' ? 1010ms : 990ms;
  };
  fixture.sim.run_for(1s);
  fixture.grant(257);

  REQUIRE(fixture.sim.run_until([&] { return fixture.published().size() == 6; }, 30s));
  CHECK(fixture.sim.count("round_trip_slow") == 0);
  fixture.sim.run_for(1500ms);
  CHECK(fixture.sim.count("round_trip_slow") == 1);
  CHECK(fixture.sim.count("round_trip_slow_over") == 0);
  fixture.sim.run_for(2s);
  CHECK(fixture.sim.count("round_trip_slow_over") == 1);
}

}  // namespace paceline::test
