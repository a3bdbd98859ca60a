// Publishers against the simulator's endpoint on virtual time: a copy of the cluster, clocks that
// differ, an endpoint that is slow.
#include "tests/publisher/simulated_endpoint.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace publisher;

TEST_CASE("of two clusters under one name and term one stands back, and says why",
          "[publisher][scenario]") {
  SimWorld sim{71};
  SimulatedEndpoint endpoint{sim};
  Site original{sim, endpoint, "a"};
  Site copy{sim, endpoint, "copy"};
  sim.run_for(1s);

  original.grant(257);
  copy.grant(257);
  sim.run_for(10s);

  const auto a = original.report();
  const auto b = copy.report();
  CHECK(a.open != b.open);
  const auto& back = a.open ? b : a;
  CHECK(back.disputed_term == 257);
  CHECK(back.stopped_term == 257);
  CHECK(back.fenced_by == 0);
  CHECK(back.outcome == PublicationOutcome::rejected);
  CHECK(back.status == 409);
  CHECK(back.detail.find("another cluster publishes under this name: node a") == 0);
  CHECK((a.open ? a : b).disputed_term == 0);
  CHECK(sim.count("cluster_disputed") == 1);
}

TEST_CASE("a dispute is told for ten minutes", "[publisher][scenario]") {
  SimWorld sim{72};
  SimulatedEndpoint endpoint{sim};
  Site original{sim, endpoint, "a"};
  Site copy{sim, endpoint, "copy"};
  sim.run_for(1s);
  original.grant(257);
  copy.grant(257);
  sim.run_for(10s);
  Site& back = original.report().open ? copy : original;

  back.grant(513);  // Another term of ours.
  sim.run_for(9min);
  CHECK(back.report().term == 513);
  CHECK(back.report().disputed_term == 257);
  sim.run_for(1min);
  CHECK(back.report().disputed_term == 0);
}

TEST_CASE("a restarted publisher does not take its predecessor for another cluster",
          "[publisher][scenario]") {
  SimWorld sim{73};
  SimulatedEndpoint endpoint{sim};
  Site site{sim, endpoint, "a"};
  sim.run_for(1s);
  site.grant(257);
  sim.run_for(9s);

  for (int i = 0; i < 3; ++i) {
    site.restart();
    sim.run_for(5s);
    site.grant(257);
    sim.run_for(5s);
    CHECK(site.report().outcome == PublicationOutcome::accepted);
    CHECK(site.report().open);
  }

  CHECK(endpoint.rules.fenced() > 0);
  CHECK(sim.count("cluster_disputed") == 0);
}

TEST_CASE("lost answers and repeated requests are not taken for another cluster",
          "[publisher][scenario]") {
  const bool is_repeated = GENERATE(false, true);
  SimWorld sim{74};
  SimulatedEndpoint endpoint{sim};
  Site site{sim, endpoint, "a"};
  sim.run_for(1s);
  site.grant(257);
  sim.run_for(9s);

  (is_repeated ? site.way->requests_to_repeat : site.way->answers_to_lose) = 3;
  sim.run_for(45s);

  CHECK((site.way->requests_to_repeat == 0 && site.way->answers_to_lose == 0));
  CHECK(site.report().outcome == PublicationOutcome::accepted);
  CHECK(site.report().disputed_term == 0);
  CHECK(endpoint.rules.fenced() == (is_repeated ? 3u : 0u));
  CHECK(sim.count("cluster_disputed") == 0);
}

TEST_CASE("a master whose clock is wrong goes on pacing, and its clock is told",
          "[publisher][scenario]") {
  const auto step = GENERATE(values<Duration>({-10s, -1h, 1h}));
  CAPTURE(step.count());
  SimWorld sim{75};
  sim.step_wall("a", step);
  SimulatedEndpoint endpoint{sim};
  Site site{sim, endpoint, "a"};
  sim.run_for(1s);
  site.grant(257);
  sim.run_for(1s);

  for (int i = 0; i < 10; ++i) {
    sim.run_for(2s);
    CHECK(endpoint.allowance() > 0);
  }

  const auto report = site.report();
  CHECK(report.clock_skew_error_ms > 500);
  CHECK(report.clock_skew_error_ms < 510);
  CHECK(std::abs(report.clock_skew_ms - to_seconds(step) * 1000) <= report.clock_skew_error_ms);
  CHECK(sim.count("clock_differs") == 1);
  sim.step_wall("a", -step);
  sim.run_for(5s);
  CHECK(sim.count("clock_differs_over") == 1);
  CHECK(std::abs(site.report().clock_skew_ms) <= site.report().clock_skew_error_ms);
}

TEST_CASE("what a master said ends by the endpoint's clock when the master falls silent",
          "[publisher][scenario]") {
  const auto step = GENERATE(values<Duration>({0s, 1h}));
  CAPTURE(step.count());
  SimWorld sim{76};
  sim.step_wall("a", step);
  SimulatedEndpoint endpoint{sim};
  Site site{sim, endpoint, "a"};
  sim.run_for(1s);
  site.grant(257);
  sim.run_for(5s);
  CHECK(endpoint.allowance() > 0);

  sim.pause_process({"a", "publisher", 0});
  sim.run_for(6s + 10ms);

  CHECK(endpoint.allowance() == 0);
}

TEST_CASE("a standby knows its clock by what answers its probes", "[publisher][scenario]") {
  SimWorld sim{77};
  sim.step_wall("a", 7s);
  SimulatedEndpoint endpoint{sim};
  Site site{sim, endpoint, "a"};

  sim.run_for(1s);

  CHECK(site.report().clock_skew_ms > 6000);
  CHECK(sim.count("clock_differs") == 1);
}

TEST_CASE("the date of a cached answer says nothing of our clock", "[publisher][scenario]") {
  SimWorld sim{79};
  sim.step_wall("a", 7s);
  SimulatedEndpoint endpoint{sim};
  endpoint.age = "60";
  Site site{sim, endpoint, "a"};

  sim.run_for(1s);

  CHECK(site.report().endpoint_reachable);
  CHECK(site.report().clock_skew_error_ms == -1);
  CHECK(sim.count("clock_differs") == 0);
}

TEST_CASE("a slow endpoint makes late publications, not none", "[publisher][scenario]") {
  SimWorld sim{78};
  SimulatedEndpoint endpoint{sim};
  Site site{sim, endpoint, "a"};
  site.way->answer_delay = 1800ms;  // The first ones are given up after 1.6 s.
  sim.run_for(1s);
  site.grant(257);
  sim.run_for(8s);

  for (int i = 0; i < 20; ++i) {
    sim.run_for(2s);
    CHECK(site.report().since_accepted_s < 2.1);
    CHECK(site.report().failed_in_a_row == 0);
    CHECK(endpoint.allowance() > 0);
  }
  CHECK(site.report().round_trip_ms >= 1800);
  CHECK(sim.count("publishing_failed") == 1);
  CHECK(sim.count("publishing_failed_over") == 1);
}

TEST_CASE("periods that pass while a slow endpoint thinks are counted", "[publisher][scenario]") {
  SimWorld sim{79};
  SimulatedEndpoint endpoint{sim};
  Site site{sim, endpoint, "a"};
  site.way->answer_delay = 4500ms;  // Of 6 s that a publication is good for.
  sim.run_for(1s);
  site.grant(257);
  sim.run_for(15s);
  const auto before = site.report();

  sim.run_for(20s);

  const auto after = site.report();
  CHECK(after.since_accepted_s < 6.1);
  CHECK(after.skipped_cycles - before.skipped_cycles >= 4);
  CHECK(after.failed_in_a_row == 0);
}

}  // namespace paceline::test
