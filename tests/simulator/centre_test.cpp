#include "services/simulator/centre.h"

#include <rapidcheck.h>

#include "services/simulator/headless.h"
#include "tests/simulator/small_centres.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace simulator;
namespace {

// Erlang C by its recurrence, for comparison.
double erlang_c(int agents, double load) {
  double b = 1;
  for (int n = 1; n <= agents; ++n) b = load * b / (n + load * b);
  return agents * b / (agents - load * (1 - b));
}

bool stream_adds_up(const StreamCounts& stream) {
  return stream.entered == stream.answered + stream.abandoned + stream.turned_away +
                               static_cast<std::uint64_t>(stream.queued);
}

bool adds_up(const AgentCounts& c) {
  return c.logged_in == c.ready + c.busy + c.wrap_up + c.not_ready && c.ready >= 0 && c.busy >= 0 &&
         c.wrap_up >= 0 && c.not_ready >= 0;
}

bool adds_up(const TargetCounts& c) {
  return c.logged_in == c.ready + c.busy + c.wrap_up + c.not_ready && c.ready >= 0 && c.busy >= 0 &&
         c.wrap_up >= 0 && c.not_ready >= 0 && c.pending >= 0 &&
         c.sent == c.accepted + c.rejected + c.timed_out + static_cast<std::uint64_t>(c.pending) &&
         c.accepted == c.proactive.entered && stream_adds_up(c.reactive) &&
         stream_adds_up(c.proactive) && adds_up(c.agents) &&
         (c.agents.ready > 0) == (c.ready > 0) && c.agents.ready <= c.ready &&
         c.agents.logged_in <= c.logged_in &&
         (c.ready == 0 || c.reactive.queued + c.proactive.queued == 0);
}

GroupKind any_kind() {
  const auto real = [](int from, int to, double unit) {
    return *rc::gen::inRange(from, to) * unit;
  };
  GroupKind kind;
  kind.name = "any";
  for (auto& hour : kind.agents) hour = *rc::gen::inRange(0, 9);
  for (auto& hour : kind.arrivals_per_hour) hour = *rc::gen::inRange(0, 200);
  kind.service = {Shape::lognormal, real(0, 400, 1), real(0, 30, 0.1)};
  kind.wrap_up = {Shape::exponential, real(0, 60, 1), 1};
  kind.patience = {Shape::exponential, real(0, 300, 1), 1};
  kind.not_ready_share = real(0, 9, 0.1);
  kind.rest = {Shape::exponential, real(0, 600, 1), 1};
  kind.slots = *rc::gen::inRange(1, 5);
  kind.other_slots = *rc::gen::inRange(0, 6);
  kind.slow_down = real(0, 10, 0.1);
  kind.acceptance = real(0, 11, 0.1);
  kind.rejection = real(0, 11, 0.1);
  kind.answer_delay = {Shape::exponential, real(0, 40, 1), 1};
  kind.visitors_per_hour = *rc::gen::element(-1.0, 0.0, 60.0, 900.0);
  kind.max_queue = static_cast<std::uint32_t>(*rc::gen::inRange(1, 30));
  return kind;
}

// Whoever is invited comes a second later and stays for 20 minutes.
GroupKind prompt_kind(double agents) {
  auto kind = plain_kind(agents);
  kind.acceptance = 1;
  kind.answer_delay = {Shape::lognormal, 1, 0};
  kind.service = {Shape::lognormal, 1200, 0};
  return kind;
}

}  // namespace

TEST_CASE("whatever happens, agents, customers and invitations add up", "[simulator][property]") {
  REQUIRE(rc::check([] {
    Centre centre{centre_with(any_kind(), 3, *rc::gen::inRange(1, 4)),
                  *rc::gen::arbitrary<std::uint64_t>()};
    for (int step = 0; step < 60; ++step) {
      const auto target = static_cast<std::uint32_t>(*rc::gen::inRange(0, 3));
      const int most = *rc::gen::inRange(0, 20);
      const int before = centre.latest_counts(target).pending;
      centre.offer(target,
                   {.allowance = *rc::gen::inRange(0, 20),
                    .max_pending = most,
                    .until = centre.now() + std::chrono::seconds{*rc::gen::inRange(0, 600)}});
      RC_ASSERT(centre.latest_counts(target).pending <= std::max(before, most));
      if (step % 20 == 19)
        centre.drift({.staffing = *rc::gen::inRange(0, 30) * 0.1,
                      .arrivals = *rc::gen::inRange(0, 30) * 0.1,
                      .service = 1.5});
      centre.advance(centre.now() + std::chrono::seconds{*rc::gen::inRange(0, 900)});
      for (std::uint32_t each = 0; each < 3; ++each) RC_ASSERT(adds_up(centre.counts(each)));
    }
  }));
}

TEST_CASE("the same seed gives the same day", "[simulator]") {
  auto kind = plain_kind(5);
  kind.arrivals_per_hour = all_day(60);
  Centre one{centre_with(kind, 4), 7};
  Centre other{centre_with(kind, 4), 7};

  one.advance(10h);
  for (int minute = 0; minute <= 600; ++minute) other.advance(minute * 1min);

  for (std::uint32_t target = 0; target < 4; ++target)
    CHECK(one.latest_counts(target).reactive == other.latest_counts(target).reactive);
  CHECK(one.events() == other.events());
}

TEST_CASE("waiting agrees with Erlang C", "[simulator]") {
  auto kind = plain_kind(10);
  kind.arrivals_per_hour = all_day(8.0 * 3600 / 180);  // 8 erlang on 10 agents.
  constexpr int targets = 40;
  Centre centre{centre_with(kind, targets), GENERATE(1u, 2u)};

  centre.advance(60h);

  double waited = 0;
  double answered = 0;
  double occupancy = 0;
  for (std::uint32_t target = 0; target < targets; ++target) {
    const auto counts = centre.counts(target);
    waited += counts.reactive.waiting_s;
    answered += static_cast<double>(counts.reactive.answered);
    occupancy += counts.occupancy() / targets;
  }
  const double expected = erlang_c(10, 8) * 180 / (10 - 8);
  CHECK(waited / answered == Approx(expected).epsilon(0.06));
  CHECK(occupancy == Approx(0.8).margin(0.005));
}

TEST_CASE("as many are busy as arrive in a service time (Little)", "[simulator]") {
  auto kind = plain_kind(200);
  kind.arrivals_per_hour = all_day(1000);
  kind.service = {Shape::lognormal, 240, 1};
  Centre centre{centre_with(kind), 3};

  centre.advance(100h);

  const auto counts = centre.counts(0);
  CHECK(counts.busy_s / to_seconds(100h) == Approx(1000.0 / 3600 * 240).epsilon(0.02));
  CHECK(counts.reactive.abandoned == 0);
}

TEST_CASE("who waits longer than their patience leaves", "[simulator]") {
  auto kind = plain_kind(0);
  kind.arrivals_per_hour = all_day(120);
  kind.patience = {Shape::lognormal, 60, 0};
  Centre centre{centre_with(kind), 3};

  centre.advance(10h);

  const auto& reactive = centre.latest_counts(0).reactive;
  CHECK(reactive.answered == 0);
  CHECK(reactive.abandoned > 1000);
  CHECK(reactive.waiting_s == Approx(60.0 * static_cast<double>(reactive.abandoned)));
}

TEST_CASE("invitations are accepted at the rate and after the delay of the model", "[simulator]") {
  auto kind = plain_kind(1000);
  kind.acceptance = 0.3;
  kind.rejection = 0.5;
  kind.answer_delay = {Shape::lognormal, 5, 0};
  Centre centre{centre_with(kind), 5};

  centre.offer(0, {.allowance = 20'000, .max_pending = 20'000, .until = 10s});
  centre.advance(4s);
  const auto early = centre.counts(0);
  centre.advance(31s);
  const auto late = centre.counts(0);

  CHECK(early.pending == 20'000);
  CHECK(late.pending == 0);
  CHECK(late.accepted == Approx(6000).margin(200));
  CHECK(late.rejected == Approx(7000).margin(200));
}

TEST_CASE("an offer that ran out sends nothing", "[simulator]") {
  auto kind = plain_kind(3);
  kind.visitors_per_hour = 3600;
  Centre centre{centre_with(kind), 5};
  centre.offer(0, {.allowance = 1000, .max_pending = 1000, .until = 60s});
  centre.advance(60s);
  const auto sent = centre.latest_counts(0).sent;

  centre.advance(10min);

  CHECK(sent > 20);
  CHECK(centre.latest_counts(0).sent == sent);
  CHECK(centre.allowance(0) == 0);
}

TEST_CASE("an offer replaces the one before and never exceeds the pending limit", "[simulator]") {
  auto kind = plain_kind(3);
  kind.answer_delay = {Shape::lognormal, 20, 0};
  Centre centre{centre_with(kind), 5};

  centre.offer(0, {.allowance = 3, .max_pending = 4, .until = 1h});
  centre.offer(0, {.allowance = 3, .max_pending = 4, .until = 1h});

  CHECK(centre.latest_counts(0).pending == 4);
  CHECK(centre.allowance(0) == 2);
}

TEST_CASE("agents follow the staffing model and finish what they have", "[simulator]") {
  auto kind = plain_kind(10);
  kind.agents[11] = 0;
  kind.arrivals_per_hour = all_day(400);
  kind.service = {Shape::lognormal, 1200, 0};
  Centre centre{centre_with(kind), 5};  // Begins at 10:00.

  centre.advance(59min);
  const auto before = centre.counts(0);
  centre.advance(62min + 1s);
  const auto after = centre.counts(0);
  centre.advance(90min);

  CHECK(before.busy == 10);
  CHECK(after.logged_in == after.busy);
  CHECK(after.busy > 0);
  CHECK(centre.counts(0).logged_in == 0);
}

TEST_CASE("idle agents leave before those who are busy", "[simulator]") {
  Centre centre{centre_with(prompt_kind(10)), 5};
  centre.offer(0, {.allowance = 4, .max_pending = 4, .until = 1h});
  centre.advance(2s);
  REQUIRE(centre.latest_counts(0).busy == 4);

  centre.drift({.staffing = 0.4});

  CHECK(centre.latest_counts(0).logged_in == 4);
  CHECK(centre.latest_counts(0).busy == 4);
  CHECK(centre.latest_counts(0).ready == 0);
  centre.drift({.staffing = 0.2});  // Nobody is idle: two finish what they have.
  CHECK(centre.latest_counts(0).busy == 4);
  centre.advance(30min);
  CHECK(centre.latest_counts(0).logged_in == 2);
}

TEST_CASE("agents are counted in slots and take their chats in turn", "[simulator]") {
  auto kind = prompt_kind(2);
  kind.slots = 3;
  kind.slow_down = 1;  // A second chat of one agent would make both last twice as long.
  Centre centre{centre_with(kind), 5};
  CHECK(centre.latest_counts(0).logged_in == 6);
  CHECK(centre.latest_counts(0).ready == 6);

  centre.offer(0, {.allowance = 2, .max_pending = 2, .until = 10s});
  centre.advance(2s);
  CHECK(centre.latest_counts(0).ready == 4);
  centre.advance(1201s);

  CHECK(centre.latest_counts(0).busy == 0);
  CHECK(centre.latest_counts(0).proactive.finished == 2);
}

TEST_CASE("targets of one group share its agents, who take whoever waits longest", "[simulator]") {
  Centre centre{centre_with(prompt_kind(1), 3, 2), 5};  // The third has another group.
  const auto invite = [&](std::uint32_t target) {
    centre.offer(target, {.allowance = 1, .max_pending = 1, .until = centre.now() + 1s});
    centre.advance(centre.now() + 2s);
  };
  const auto waiting = [&](std::uint32_t target) {
    return centre.latest_counts(target).proactive.queued;
  };
  CHECK(centre.counts_agents(0));
  CHECK_FALSE(centre.counts_agents(1));
  CHECK(centre.counts_agents(2));

  invite(0);
  const auto told = centre.changed(1);
  invite(1);
  invite(0);
  invite(2);

  CHECK(centre.latest_counts(0).agents == AgentCounts{.logged_in = 1, .busy = 1});
  CHECK(centre.latest_counts(1).agents == centre.latest_counts(0).agents);
  CHECK(centre.counts(1).busy_s == centre.counts(0).busy_s);
  CHECK(centre.latest_counts(1).proactive.answered == 0);
  CHECK(centre.latest_counts(2).proactive.answered == 1);
  CHECK(waiting(0) == 1);
  CHECK(waiting(1) == 1);
  centre.advance(1205s);  // The first talk is over.
  CHECK(waiting(1) == 0);
  CHECK(waiting(0) == 1);
  CHECK(centre.changed(1) > told);
  CHECK(centre.changed(0) > told);  // The agent's new talk shows in both.
  centre.advance(2405s);
  CHECK(waiting(0) == 0);
  CHECK(centre.latest_counts(0).proactive.answered == 2);
}

TEST_CASE("an agent is ready while he can take one more, and every second one may take more",
          "[simulator]") {
  auto kind = prompt_kind(2);
  kind.slots = 1;
  kind.other_slots = 3;
  Centre centre{centre_with(kind), 5};
  const auto after = [&](int chats) {
    centre.offer(0, {.allowance = 10, .max_pending = 1, .until = centre.now() + 1s * chats});
    centre.advance(centre.now() + 1s * chats + 1s);
    return centre.latest_counts(0).agents;
  };
  CHECK(centre.latest_counts(0).logged_in == 4);
  CHECK(centre.latest_counts(0).agents == AgentCounts{.logged_in = 2, .ready = 2});

  CHECK(after(1) == AgentCounts{.logged_in = 2, .ready = 1, .busy = 1});
  CHECK(after(1) == AgentCounts{.logged_in = 2, .ready = 1, .busy = 1});  // One of his three.
  CHECK(centre.latest_counts(0).ready == 2);
  CHECK(after(2) == AgentCounts{.logged_in = 2, .busy = 2});
  CHECK(centre.latest_counts(0).busy == 4);
  CHECK(centre.counts(0).agents_s == Approx(2 * to_seconds(centre.now())));
}

TEST_CASE("chats of one agent slow each other", "[simulator]") {
  auto kind = prompt_kind(1);
  kind.slots = 2;
  kind.slow_down = 1;  // Two go on at half the speed.
  Centre centre{centre_with(kind), 5};

  centre.offer(0, {.allowance = 2, .max_pending = 2, .until = 10s});
  centre.advance(2399s);
  CHECK(centre.latest_counts(0).busy == 2);
  centre.advance(2402s);
  CHECK(centre.latest_counts(0).proactive.finished == 2);

  // One alone for 600 s, then both until the first is done, then the other alone.
  centre.offer(0, {.allowance = 1, .max_pending = 1, .until = centre.now() + 1s});
  centre.advance(3003s);
  centre.offer(0, {.allowance = 1, .max_pending = 1, .until = centre.now() + 1s});
  centre.advance(4201s);
  CHECK(centre.latest_counts(0).proactive.finished == 2);
  centre.advance(4203s);
  CHECK(centre.latest_counts(0).proactive.finished == 3);
  centre.advance(4802s);
  CHECK(centre.latest_counts(0).proactive.finished == 3);
  centre.advance(4805s);
  CHECK(centre.latest_counts(0).proactive.finished == 4);
}

TEST_CASE("who came first is served first, invited or not", "[simulator]") {
  const bool invited_first = GENERATE(true, false);
  CAPTURE(invited_first);
  auto kind = prompt_kind(1);
  auto model = centre_with(kind);
  model.targets[0].recorded = true;
  for (const Duration at : {Duration{1s}, Duration{invited_first ? 20s : 5s}})
    model.targets[0].calls.push_back({.at = 10h + at, .service = 100s, .patience = 10h});
  Centre centre{std::move(model), 5};

  centre.advance(10s);
  centre.offer(0, {.allowance = 1, .max_pending = 1, .until = 1min});
  centre.advance(90s);
  REQUIRE(centre.latest_counts(0).reactive.queued + centre.latest_counts(0).proactive.queued == 2);
  centre.advance(102s);

  CHECK(centre.latest_counts(0).proactive.answered == (invited_first ? 1 : 0));
  CHECK(centre.latest_counts(0).reactive.answered == (invited_first ? 1 : 2));
}

TEST_CASE("a queue turns away who comes when it is full", "[simulator]") {
  auto kind = plain_kind(0);
  kind.arrivals_per_hour = all_day(120);
  kind.max_queue = 3;
  Centre centre{centre_with(kind), 5};

  centre.advance(5h);

  const auto& reactive = centre.latest_counts(0).reactive;
  CHECK(reactive.queued == 3);
  CHECK(reactive.turned_away == reactive.entered - 3);
}

TEST_CASE("where visitors are counted an invitation waits for one", "[simulator]") {
  auto kind = plain_kind(10);
  kind.visitors_per_hour = 60;
  Centre centre{centre_with(kind), 5};

  centre.offer(0, {.allowance = 1000, .max_pending = 1000, .until = 10h});
  CHECK(centre.latest_counts(0).sent == 0);
  centre.advance(10h);

  CHECK(centre.latest_counts(0).sent == Approx(600).margin(100));
}

TEST_CASE("not ready takes its share of the agents' time", "[simulator]") {
  auto kind = plain_kind(50);
  kind.not_ready_share = 0.2;
  Centre centre{centre_with(kind), 5};

  centre.advance(100h);

  const auto counts = centre.counts(0);
  CHECK(counts.not_ready_s / counts.logged_in_s == Approx(0.2).margin(0.02));
}

TEST_CASE("inviting one to one fills idle agents and makes nobody abandon", "[simulator]") {
  auto kind = plain_kind(10);
  kind.service = {Shape::lognormal, 240, 1};
  kind.patience = {Shape::exponential, 60, 1};
  kind.rejection = 1;  // Everybody answers, as in pacing.md.
  kind.invitation_life = 10min;
  Centre without{centre_with(kind, 10), 5};
  Centre with{centre_with(kind, 10), 5};

  run_headless(without, {}, 10h, false);
  run_headless(with, {}, 10h, true);

  double occupancy = 0;
  std::uint64_t abandoned = 0;
  for (std::uint32_t target = 0; target < 10; ++target) {
    occupancy += with.counts(target).occupancy() / 10;
    abandoned += with.counts(target).proactive.abandoned;
    CHECK(without.counts(target).sent == 0);
  }
  // The prototype of pacing.md section 10 had 87.4 % with a mean delay of 10 s and p = 0.3.
  CHECK(occupancy == Approx(0.87).margin(0.025));
  CHECK(abandoned == 0);
}

}  // namespace paceline::test
