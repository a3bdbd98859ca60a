// How a publisher keeps its way to the endpoint, on virtual time: probes, and the token at hand.
#include "services/publisher/service_access.h"

#include "tests/publisher/fixture.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace publisher;

TEST_CASE("a node without a grant probes every probe period, without a token",
          "[publisher][scenario]") {
  Fixture fixture{81};

  fixture.sim.run_for(49s);

  CHECK(fixture.endpoint->probes == 10);
  CHECK(fixture.endpoint->last_probe.url ==
        "https://api.test/api/v2/pacing/clusters/c/publications");
  CHECK(fixture.endpoint->last_probe.headers.empty());

  fixture.grant(257);
  fixture.sim.run_for(30s);
  CHECK(fixture.endpoint->probes == 10);
}

TEST_CASE("a probe that failed is repeated a second later, until one is answered",
          "[publisher][scenario]") {
  Fixture fixture{82};
  fixture.endpoint->probe_status = 503;
  fixture.sim.run_for(9500ms);
  CHECK(fixture.endpoint->probes == 10);
  CHECK(!fixture.publisher->report().endpoint_reachable);

  fixture.endpoint->probe_status = 403;
  fixture.sim.run_for(5s);

  CHECK(fixture.endpoint->probes == 11);
  CHECK(fixture.publisher->report().endpoint_reachable);
}

TEST_CASE("a probe waits for its answer as long as its period is, at most 5 s",
          "[publisher][scenario]") {
  const auto [period, most] =
      GENERATE(table<Duration, Duration>({{500ms, 500ms}, {5s, 5s}, {10min, 5s}}));
  Fixture fixture{83, [period = period](auto& config) { config.probe_period = period; }};

  fixture.sim.run_for(1s);

  CHECK(fixture.endpoint->last_probe.timeout == most);
}

TEST_CASE("a token request is given up after its time-out, which is told",
          "[publisher][scenario]") {
  Fixture fixture{84, [](PublisherConfig& config) { config.token_timeout = 2s; }};
  fixture.endpoint->delay_min = fixture.endpoint->delay_max = 1h;

  fixture.sim.run_for(1900ms);
  CHECK(fixture.publisher->report().token_error.empty());
  fixture.sim.run_for(200ms);

  CHECK(fixture.endpoint->last_token_request.timeout == 2s);
  CHECK_THAT(fixture.publisher->report().token_error, Catch::Contains("timed out"));
  CHECK(fixture.sim.count("token_failed") == 1);
}

TEST_CASE("tokens and probes go through the proxy, and trust the authorities, that are set",
          "[publisher][scenario]") {
  Fixture fixture{85, [](PublisherConfig& config) {
                    config.proxy = "http://proxy:3128";
                    config.ca_file = "/ca.pem";
                  }};

  fixture.sim.run_for(1s);

  for (const auto& request : {fixture.endpoint->last_probe, fixture.endpoint->last_token_request}) {
    CHECK(request.proxy == "http://proxy:3128");
    CHECK(request.ca_file == "/ca.pem");
  }
}

}  // namespace paceline::test
