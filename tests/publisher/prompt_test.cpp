// Publications between two beats, on virtual time: what cannot wait for the period.
#include "services/publisher/service.h"

#include "tests/support/catch.h"

#include "tests/publisher/stage.h"

namespace paceline::test {
using namespace publisher;
namespace {

constexpr Duration gap = 300ms;

// A master whose pacers allow nothing so far, just after a beat.
struct Prompt : Stage {
  explicit Prompt(std::uint64_t seed, const std::function<void(PublisherConfig&)>& adapt = {})
      : Stage{seed, [adapt](PublisherConfig& ours) {
                ours.prompt_gap = gap;
                if (adapt) adapt(ours);
              }} {
    pace(0);
    sim.run_for(1s);
    grant(257);
    sim.run_for(6s + 10ms);
    before = published().size();
  }
  std::size_t since() const { return published().size() - before; }
  const FakeEndpoint::Published& first() const { return published().at(before); }

  std::size_t before = 0;
};

// The beats are every 2 s from the first publication on, by a clock that may be a little off.
bool is_beat_of(const Stage& stage, Instant at) {
  const Duration since = at - stage.published()[0].at;
  return (since + 5ms) % 2s < 10ms;
}

// A webhook: everything is accepted.
struct Receiver final : Http {
  HttpCall send(HttpRequest request, Done done) override {
    HttpAnswer answer;
    answer.status = 200;
    if (request.url.ends_with("/oauth/token"))
      answer.body = R"({"access_token":"t","token_type":"bearer","expires_in":300})";
    else if (request.method == "POST")
      ++publications;
    world->timers.after(1ms, [done, answer] { done(answer); });
    return 1;
  }
  void cancel(HttpCall) override {}

  World* world = nullptr;
  int publications = 0;
};

}  // namespace

TEST_CASE("that more may be sent is told at once, in a delta", "[publisher][scenario]") {
  Prompt stage{31};
  const auto sequence = stage.published().back().request.sequence;
  stage.sim.run_for(500ms);
  const auto changed = stage.now();

  stage.pace(2);
  stage.sim.run_for(200ms);

  REQUIRE(stage.since() >= 1);
  CHECK(!stage.first().request.full);
  CHECK(stage.first().request.sequence == sequence + 1);
  CHECK(stage.first().at - changed < 150ms);  // The pacers speak every 100 ms.
  CHECK(stage.publisher->report().prompts >= 1);
  stage.sim.run_for(1300ms);
  CHECK(is_beat_of(stage, stage.published().back().at));
}

TEST_CASE("that fewer may be sent is told at once", "[publisher][scenario]") {
  Prompt stage{32};
  stage.pace(5);
  stage.sim.run_for(2s);
  const auto before = stage.published().size();

  stage.pace(1);
  stage.sim.run_for(450ms);

  REQUIRE(stage.published().size() > before);
  CHECK(stage.published()[before].request.targets.at(0).proactive == 1);
}

TEST_CASE("what changes nothing for the endpoint waits for the beat", "[publisher][scenario]") {
  Prompt stage{33};

  stage.pace(0, 0.5);
  stage.sim.run_for(1900ms);
  CHECK(stage.since() == 0);

  stage.sim.run_for(200ms);
  REQUIRE(stage.since() == 1);
  CHECK(stage.first().request.targets.size() == 6);
}

TEST_CASE("there is a gap between any two publications, whatever changes",
          "[publisher][scenario]") {
  Prompt stage{34};

  for (int i = 0; i < 300; ++i) {
    stage.pace(i % 5);
    stage.sim.run_for(100ms);
  }

  std::size_t beats = 0;
  for (std::size_t i = stage.before; i < stage.published().size(); ++i) {
    const auto at = stage.published()[i].at;
    if (is_beat_of(stage, at))
      ++beats;
    else
      CHECK(at - stage.published()[i - 1].at > gap - 1ms);
  }
  CHECK(beats == 15);
  CHECK(stage.since() > 60);
  CHECK(stage.since() <= 15 + 100);
}

TEST_CASE("after a failure nothing is prompt until the endpoint accepts again",
          "[publisher][scenario]") {
  Prompt stage{35};
  stage.endpoint->answer = [](const PublicationRequest&) -> Result<HttpAnswer> {
    return fail(Errc::unavailable, "reset");
  };
  for (int i = 0; i < 100; ++i) {
    stage.pace(i % 5);
    stage.sim.run_for(100ms);
  }
  const auto tries = stage.since();
  CHECK(tries <= 8);  // One prompt one, then with back-off: at first within a second.

  stage.endpoint->answer = nullptr;
  stage.sim.run_for(16s);
  CHECK(stage.published()[stage.before + tries].request.full);
  CHECK(stage.publisher->report().outcome == PublicationOutcome::accepted);
}

TEST_CASE("an endpoint that asked for less has an hour without prompt ones",
          "[publisher][scenario]") {
  Prompt stage{36};
  stage.endpoint->answer = [&stage, is_first = true](const PublicationRequest& request) mutable {
    HttpAnswer too_many;
    too_many.status = 429;
    return std::exchange(is_first, false) ? Result<HttpAnswer>{too_many}
                                          : stage.endpoint->accept(request);
  };
  stage.pace(3);
  stage.sim.run_for(10s);
  const auto run = [&stage](Duration time) {
    const auto prompts = stage.publisher->report().prompts;
    for (Duration passed{}; passed < time; passed += 500ms) {
      if (passed % 30s == 0s) stage.grant(257);
      stage.pace(static_cast<int>(passed / 500ms % 5));
      stage.sim.run_for(500ms);
    }
    return stage.publisher->report().prompts - prompts;
  };

  CHECK(run(59min) == 0);
  CHECK(stage.publisher->report().outcome == PublicationOutcome::accepted);
  run(1min);
  CHECK(run(1min) > 30);
}

TEST_CASE("nothing is prompt where it is not wanted", "[publisher][scenario]") {
  Prompt stage{37, [](PublisherConfig& config) { config.prompt_gap = 0s; }};

  for (int i = 0; i < 100; ++i) {
    stage.pace(i % 5);
    stage.sim.run_for(100ms);
  }

  CHECK(stage.publisher->report().prompts == 0);
  CHECK(stage.since() == 5);
}

TEST_CASE("nothing is prompt where a publication is always everything", "[publisher][scenario]") {
  Stage stage{38};
  Receiver receiver;
  stage.publisher.reset();
  stage.world = &stage.sim.process({"a", "publisher", 0});
  receiver.world = stage.world;
  stage.config.is_webhook = true;
  stage.config.prompt_gap = gap;
  stage.publisher = std::make_unique<Publisher>(stage.config, *stage.world, receiver);
  stage.sim.run_for(1s);
  stage.grant(257);

  for (int i = 0; i < 100; ++i) {
    stage.pace(i % 5);
    stage.sim.run_for(100ms);
  }

  CHECK(receiver.publications == 5);
}

}  // namespace paceline::test
