// The simulator against theory: what it plays must be what queueing theory computes.
#include "tests/bench/centre.h"

#include "tests/bench/measure.h"
#include "tests/bench/systems.h"
#include "tests/bench/theory.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

// A centre of visitors who come by themselves, with exponential service.
Scenario reactive_centre(int agents, double load, double patience_s) {
  Scenario scenario;
  scenario.agents = agents;
  scenario.law = ServiceLaw::exponential;
  scenario.patience_s = patience_s;
  scenario.reactive_load = load;
  scenario.refresh_s = 60;
  return scenario;
}

struct Played {
  Estimate waits, abandonment, mean_wait, occupancy;
  Totals sum;
};

Played play(const Scenario& scenario, System& system, int days, std::uint64_t seed) {
  Centre centre{scenario, seed};
  centre.run_until(scenario.warm_up_h * 3600, system);
  std::vector<double> arrived, waited, abandoned, wait, busy, logged_in;
  const Totals before = centre.totals();
  for (int day = 1; day <= days; ++day) {
    const Totals at = centre.totals();
    centre.run_until((scenario.warm_up_h + day * scenario.day_h) * 3600, system);
    const Totals passed = centre.totals() - at;
    arrived.push_back(static_cast<double>(passed.reactive_arrived + passed.accepted));
    waited.push_back(static_cast<double>(passed.waited));
    abandoned.push_back(static_cast<double>(passed.abandoned + passed.reactive_abandoned));
    wait.push_back(passed.wait_s);
    busy.push_back(passed.busy_s);
    logged_in.push_back(passed.logged_in_s);
  }
  return {ratio_of(waited, arrived), ratio_of(abandoned, arrived), ratio_of(wait, arrived),
          ratio_of(busy, logged_in), centre.totals() - before};
}

void check_within(const Estimate& seen, double expected) {
  CAPTURE(seen.value, seen.half, expected);
  CHECK(std::abs(seen.value - expected) <= 1.6 * seen.half + 1e-4);  // 99.8 %.
}

}  // namespace

TEST_CASE("without impatience the centre is Erlang C", "[bench]") {
  const auto [agents, load] = GENERATE(table<int, double>({{1, 0.6}, {10, 0.8}, {50, 0.93}}));
  const Scenario scenario = reactive_centre(agents, load, 0);
  const auto system = make_silent(scenario);

  const Played played = play(scenario, *system, 150, 3);

  const double waits = erlang_c(agents, agents * load);
  check_within(played.waits, waits);
  check_within(played.mean_wait, waits * 240 / (agents * (1 - load)));
  check_within(played.occupancy, load);
}

TEST_CASE("with impatience the centre is Erlang A", "[bench]") {
  const auto [agents, load, patience] =
      GENERATE(table<int, double, double>({{5, 0.9, 60}, {20, 1.05, 20}, {50, 1.2, 300}}));
  const Scenario scenario = reactive_centre(agents, load, patience);
  const auto system = make_silent(scenario);

  const Played played = play(scenario, *system, 60, 4);

  const ErlangA expected = erlang_a(agents, agents * load / 240, 240, patience);
  check_within(played.waits, expected.chance_to_wait);
  check_within(played.abandonment, expected.abandonment);
  check_within(played.mean_wait, expected.mean_wait_s);
  check_within(played.occupancy, expected.occupancy);
}

TEST_CASE("queue lengths and waits obey Little's law", "[bench]") {
  Scenario scenario = reactive_centre(10, 0.5, 60);
  scenario.refresh_s = 1;
  const auto system = make_webitel(scenario);
  Centre centre{scenario, 5};

  centre.run_until(400 * 3600, *system);

  const Totals totals = centre.totals();
  CHECK(totals.queue_s == Approx(totals.wait_s).epsilon(1e-3));
  CHECK(totals.wait_s > 0);
}

TEST_CASE("everyone who enters is served, leaves or waits", "[bench]") {
  Scenario scenario = scenarios_named("drift", {7}, true).front();
  scenario.reactive_load = 0.4;
  scenario.wrap_up_s = 30;
  scenario.slots = 3;
  scenario.slow_down = 0.3;
  scenario.delay_s = 2;
  const auto system = make_webitel(scenario);
  const auto seed = GENERATE(range(0u, 20u));
  CAPTURE(seed);
  Centre centre{scenario, seed};

  centre.run_until(30 * 3600, *system);

  const Totals t = centre.totals();
  CHECK(t.accepted + t.reactive_arrived == t.answered + t.abandoned + t.reactive_answered +
                                               t.reactive_abandoned + centre.queue_length());
  CHECK(t.sent == t.accepted + t.refused + centre.pending());
  CHECK(t.busy_s <= t.logged_in_s);
}

TEST_CASE("two systems with one seed meet the same visitors", "[bench]") {
  const Scenario scenario = reactive_centre(10, 0.5, 60);
  const auto silent = make_silent(scenario);
  const auto progressive = make_progressive(scenario);
  Centre one{scenario, 8};
  Centre two{scenario, 8};

  one.run_until(36000, *silent);
  two.run_until(36000, *progressive);

  CHECK(one.totals().reactive_arrived == two.totals().reactive_arrived);
}

TEST_CASE("slowing down makes three chats last longer than one", "[bench]") {
  Scenario scenario = reactive_centre(4, 0.9, 0);
  scenario.slots = 3;
  scenario.reactive_load = 0.2;
  const auto system = make_silent(scenario);
  const double at_full_speed = play(scenario, *system, 40, 9).occupancy.value;

  scenario.slow_down = 0.5;
  const double slowed = play(scenario, *system, 40, 9).occupancy.value;

  CHECK(at_full_speed == Approx(0.2).margin(0.01));
  CHECK(slowed > at_full_speed + 0.02);
}

TEST_CASE("statistics that hide their age are those of then, and claim to be of now", "[bench]") {
  struct Recorder final : System {
    std::vector<View> seen;
    int decide(const View& view) override {
      seen.push_back(view);
      return 0;
    }
    double period_s() const override { return 1; }
  };
  Scenario scenario = reactive_centre(10, 1, 30);
  Recorder fresh;
  Centre{scenario, 7}.run_until(3600, fresh);
  scenario.hidden_s = 5;
  Recorder late;
  Centre{scenario, 7}.run_until(3600, late);

  REQUIRE(late.seen.size() == fresh.seen.size());
  for (std::size_t i = 5; i < late.seen.size(); ++i) {
    CHECK(late.seen[i].statistics_at_s == late.seen[i].now_s);
    CHECK(late.seen[i].talking == fresh.seen[i - 5].talking);
    CHECK(late.seen[i].idle == fresh.seen[i - 5].idle);
    CHECK(late.seen[i].queue_reactive == fresh.seen[i - 5].queue_reactive);
    CHECK(late.seen[i].answered >= late.seen[i - 1].answered);
  }
}

}  // namespace paceline::test
