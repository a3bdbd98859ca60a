// A pause that the grant tells, on virtual time.
#include <algorithm>

#include "common/wire/codec.h"
#include "tests/publisher/fixture.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace publisher;
namespace {

void grant(Fixture& fixture, const std::string& pause, std::uint64_t term = 257) {
  Grant message = fixture.grant_message(term, 59s);
  message.pause = pause;
  fixture.elector->bus.publish("grant", encode(message));
}

bool allows_nothing(const PublicationRequest& request) {
  return request.full && request.targets.size() == 6 &&
         std::ranges::all_of(request.targets, [](const TargetOffer& target) {
           return target.offer.proactive == 0 && target.offer.max_pending == 0 &&
                  target.offer.reactive_state == 1 && target.offer.state == PaceState::disabled &&
                  target.offer.reason == PaceReason::paused;
         });
}

}  // namespace

TEST_CASE("a pause goes out at once as a full publication, and so does its end",
          "[publisher][scenario]") {
  Fixture fixture{1};
  fixture.pace(3);
  grant(fixture, "");
  fixture.sim.run_for(2500ms);  // Half a second after a publication.
  const auto before = fixture.published().size();
  CHECK_FALSE(fixture.publisher->report().paused);

  grant(fixture, "a drill");
  fixture.sim.run_for(50ms);

  REQUIRE(fixture.published().size() == before + 1);
  CHECK(allows_nothing(fixture.published().back().request));
  CHECK(fixture.reports.back().paused);
  fixture.sim.run_for(10s);
  for (auto i = before + 1; i < fixture.published().size(); ++i)
    CHECK(fixture.published()[i].request.targets.empty());  // It still holds.
  const auto paused = fixture.published().size();
  CHECK(paused - before >= 5);

  grant(fixture, "");
  fixture.sim.run_for(50ms);

  REQUIRE(fixture.published().size() == paused + 1);
  const auto& resumed = fixture.published().back().request;
  CHECK(resumed.full);
  REQUIRE(resumed.targets.size() == 6);
  CHECK(resumed.targets[0].offer.proactive == 3);
  CHECK_FALSE(fixture.reports.back().paused);
  CHECK(fixture.sim.count("paused") == 1);
  CHECK(fixture.sim.count("resumed") == 1);
}

TEST_CASE("what a pacer grants in a pause goes nowhere, prompt publications too",
          "[publisher][scenario]") {
  Fixture fixture{2, [](PublisherConfig& config) { config.prompt_gap = 50ms; }};
  grant(fixture, "a drill");
  fixture.sim.run_for(3s);

  fixture.pace(5);
  fixture.sim.run_for(5s);
  grant(fixture, "another reason");
  fixture.sim.run_for(5s);

  REQUIRE(fixture.published().size() > 5);
  CHECK(allows_nothing(fixture.published().front().request));
  for (const auto& [at, request, token] : fixture.published())
    for (const auto& target : request.targets) CHECK(target.offer.proactive == 0);
  CHECK(fixture.publisher->report().prompts == 0);
}

TEST_CASE("a publication on its way when a pause comes is cancelled, and the pause is not late",
          "[publisher][scenario]") {
  Fixture fixture{3};
  grant(fixture, "");
  fixture.sim.run_for(3s);
  fixture.endpoint->delay_of = [](const PublicationRequest& request) {
    return request.targets.empty() || request.targets[0].offer.proactive > 0 ? Duration{1500ms}
                                                                             : Duration{1ms};
  };
  fixture.sim.run_for(1500ms);  // One is in flight since the fourth second.
  const auto before = fixture.published().size();

  grant(fixture, "a drill");
  fixture.sim.run_for(50ms);

  REQUIRE(fixture.published().size() == before + 1);
  CHECK(fixture.endpoint->cancelled == 1);
  CHECK(allows_nothing(fixture.published().back().request));
  CHECK(fixture.publisher->report().paused);
}

TEST_CASE(
    "while the endpoint refuses, a pause goes out with the next try and is told once accepted",
    "[publisher][scenario]") {
  Fixture fixture{4};
  fixture.endpoint->answer = [](const PublicationRequest&) {
    HttpAnswer refusal;
    refusal.status = 503;
    refusal.headers = {{"retry-after", "10"}};
    return Result<HttpAnswer>{refusal};
  };
  grant(fixture, "");
  fixture.sim.run_for(3s);
  const auto before = fixture.published().size();

  grant(fixture, "a drill");
  fixture.sim.run_for(3s);
  CHECK(fixture.published().size() == before);
  CHECK_FALSE(fixture.publisher->report().paused);

  fixture.endpoint->answer = nullptr;
  fixture.sim.run_for(10s);
  REQUIRE(fixture.published().size() > before);
  CHECK(allows_nothing(fixture.published()[before].request));
  CHECK(fixture.publisher->report().paused);
}

TEST_CASE("a pause counts by grants for this publisher alone, and not by revocations",
          "[publisher][scenario]") {
  Fixture fixture{5};
  grant(fixture, "a drill");
  fixture.sim.run_for(1s);
  REQUIRE(fixture.publisher->report().paused);

  Grant other = fixture.grant_message(257, 59s);
  other.node = "b";
  fixture.elector->bus.publish("grant", encode(other));
  fixture.sim.run_for(3s);
  CHECK(fixture.publisher->report().paused);
  grant(fixture, "", 0);
  fixture.sim.run_for(1s);
  CHECK(fixture.sim.count("resumed") == 0);

  grant(fixture, "", 513);  // Another term knows of no pause.
  fixture.sim.run_for(1s);
  CHECK_FALSE(fixture.publisher->report().paused);
  CHECK(fixture.published().back().request.term == 513);
}

TEST_CASE("a publisher that was killed goes on pausing by its first grant",
          "[publisher][scenario]") {
  Fixture fixture{6};
  grant(fixture, "a drill");
  fixture.sim.run_for(3s);

  fixture.restart();
  fixture.sim.run_for(500ms);
  const auto before = fixture.published().size();
  grant(fixture, "a drill", 513);
  fixture.sim.run_for(5s);

  REQUIRE(fixture.published().size() > before);
  for (auto i = before; i < fixture.published().size(); ++i)
    for (const auto& target : fixture.published()[i].request.targets)
      CHECK(target.offer.proactive == 0);
}

}  // namespace paceline::test
