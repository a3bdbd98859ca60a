// Publications between two cycles, on virtual time: what cannot wait for the period.
#include "services/publisher/service.h"

#include "tests/support/catch.h"

#include "tests/publisher/fixture.h"

namespace paceline::test {
using namespace publisher;
namespace {

constexpr Duration gap = 300ms;

// A master whose pacers allow nothing so far, just after a cycle.
struct Prompt : Fixture {
  explicit Prompt(std::uint64_t seed, const std::function<void(PublisherConfig&)>& adapt = {})
      : Fixture{seed, [adapt](PublisherConfig& ours) {
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

// The cycles are every 2 s from the first publication on, by a clock that may be a little off.
bool is_cycle_of(const Fixture& fixture, Instant at) {
  const Duration since = at - fixture.published()[0].at;
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
  Prompt fixture{31};
  const auto sequence = fixture.published().back().request.sequence;
  fixture.sim.run_for(500ms);
  const auto changed = fixture.now();

  fixture.pace(2);
  fixture.sim.run_for(200ms);

  REQUIRE(fixture.since() >= 1);
  CHECK(!fixture.first().request.full);
  CHECK(fixture.first().request.sequence == sequence + 1);
  CHECK(fixture.first().at - changed < 150ms);  // The pacers speak every 100 ms.
  CHECK(fixture.publisher->report().prompts >= 1);
  fixture.sim.run_for(1300ms);
  CHECK(is_cycle_of(fixture, fixture.published().back().at));
}

TEST_CASE("that fewer may be sent is told at once", "[publisher][scenario]") {
  Prompt fixture{32};
  fixture.pace(5);
  fixture.sim.run_for(2s);
  const auto before = fixture.published().size();

  fixture.pace(1);
  fixture.sim.run_for(450ms);

  REQUIRE(fixture.published().size() > before);
  CHECK(fixture.published()[before].request.targets.at(0).offer.proactive == 1);
}

TEST_CASE("what changes nothing for the endpoint waits for the next cycle",
          "[publisher][scenario]") {
  Prompt fixture{33};

  fixture.pace(0, 0.5);
  fixture.sim.run_for(1900ms);
  CHECK(fixture.since() == 0);

  fixture.sim.run_for(200ms);
  REQUIRE(fixture.since() == 1);
  CHECK(fixture.first().request.targets.size() == 6);
}

TEST_CASE("there is a gap between any two publications, whatever changes",
          "[publisher][scenario]") {
  Prompt fixture{34};

  for (int i = 0; i < 300; ++i) {
    fixture.pace(i % 5);
    fixture.sim.run_for(100ms);
  }

  std::size_t cycles = 0;
  for (std::size_t i = fixture.before; i < fixture.published().size(); ++i) {
    const auto at = fixture.published()[i].at;
    if (is_cycle_of(fixture, at))
      ++cycles;
    else
      CHECK(at - fixture.published()[i - 1].at > gap - 1ms);
  }
  CHECK(cycles == 15);
  CHECK(fixture.since() > 60);
  CHECK(fixture.since() <= 15 * 7);  // 210 a minute.
}

TEST_CASE("after a failure nothing is prompt until the endpoint accepts again",
          "[publisher][scenario]") {
  Prompt fixture{35};
  fixture.endpoint->answer = [](const PublicationRequest&) -> Result<HttpAnswer> {
    return fail(Errc::unavailable, "reset");
  };
  for (int i = 0; i < 100; ++i) {
    fixture.pace(i % 5);
    fixture.sim.run_for(100ms);
  }
  const auto tries = fixture.since();
  CHECK(tries <= 8);  // One prompt one, then with back-off: at first within a second.

  fixture.endpoint->answer = nullptr;
  fixture.sim.run_for(16s);
  CHECK(fixture.published()[fixture.before + tries].request.full);
  CHECK(fixture.publisher->report().outcome == PublicationOutcome::accepted);
}

TEST_CASE("an endpoint that asked for less has an hour without prompt ones",
          "[publisher][scenario]") {
  Prompt fixture{36};
  fixture.endpoint->answer = [&fixture,
                              is_first = true](const PublicationRequest& request) mutable {
    HttpAnswer too_many;
    too_many.status = 429;
    return std::exchange(is_first, false) ? Result<HttpAnswer>{too_many}
                                          : fixture.endpoint->accept(request);
  };
  fixture.pace(3);
  fixture.sim.run_for(10s);
  const auto run = [&fixture](Duration time) {
    const auto prompts = fixture.publisher->report().prompts;
    for (Duration passed{}; passed < time; passed += 500ms) {
      if (passed % 30s == 0s) fixture.grant(257);
      fixture.pace(static_cast<int>(passed / 500ms % 5));
      fixture.sim.run_for(500ms);
    }
    return fixture.publisher->report().prompts - prompts;
  };

  CHECK(run(59min) == 0);
  CHECK(fixture.publisher->report().outcome == PublicationOutcome::accepted);
  run(1min);
  CHECK(run(1min) > 30);
}

TEST_CASE("nothing is prompt where it is not wanted", "[publisher][scenario]") {
  Prompt fixture{37, [](PublisherConfig& config) { config.prompt_gap = 0s; }};

  for (int i = 0; i < 100; ++i) {
    fixture.pace(i % 5);
    fixture.sim.run_for(100ms);
  }

  CHECK(fixture.publisher->report().prompts == 0);
  CHECK(fixture.since() == 5);
}

TEST_CASE("nothing is prompt where a publication is always everything", "[publisher][scenario]") {
  Fixture fixture{38};
  Receiver receiver;
  fixture.publisher.reset();
  fixture.world = &fixture.sim.process({"a", "publisher", 0});
  receiver.world = fixture.world;
  fixture.config.is_webhook = true;
  fixture.config.prompt_gap = gap;
  fixture.publisher = std::make_unique<Publisher>(fixture.config, *fixture.world, receiver);
  fixture.sim.run_for(1s);
  fixture.grant(257);

  for (int i = 0; i < 100; ++i) {
    fixture.pace(i % 5);
    fixture.sim.run_for(100ms);
  }

  CHECK(receiver.publications == 5);
}

}  // namespace paceline::test
