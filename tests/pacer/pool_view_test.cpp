#include "services/pacer/pool_view.h"

#include <algorithm>
#include <cmath>

#include "common/base/random.h"
#include "tests/pacer/ten_agents.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;
namespace {

PacingOptions goal(int percent) {
  PacingOptions options;
  options.optimization_goal = percent;
  return options;
}

// What a target's decision came to, as far as its pool wants to know.
Decision granted(int invitations, double acceptance = 0.3) {
  Decision d;
  d.state = PaceState::ok;
  d.reason = PaceReason::granted;
  d.invitations = invitations;
  d.explanation.acceptance = acceptance;
  d.explanation.answer_delay_s = 10;
  d.explanation.service_s = 240;
  return d;
}

}  // namespace

TEST_CASE("who shares no agents is decided with what was told of him", "[pacer]") {
  PoolView pool{PoolSharing::of_agents(2, std::vector<AgentClass>{{{0}, 10}, {{1}, 10}}), {}};
  PacingInputs other = ten_agents(2);
  other.queue = 4;
  other.proactive.pending = 7;
  pool.set_options(0, goal(3));
  pool.set_options(1, goal(1));

  pool.see(0, ten_agents(3), 1);
  pool.see(1, other, 1);

  CHECK(pool.view(0).others == PoolClaims{});
  CHECK(pool.view(0).idle == 3);
  CHECK(pool.options(0) == goal(3));
  CHECK_FALSE(pool.goal_of(0));
}

TEST_CASE("members with the same agents see their claims as one target would", "[pacer]") {
  PoolView pool{PoolSharing::everybody(3), {}};
  PacingInputs in = ten_agents(2);
  for (std::uint32_t t = 0; t < 3; ++t) {
    in.queue = static_cast<int>(t);
    in.proactive.pending = 2 * static_cast<int>(t);
    pool.see(t, in, 1);
  }

  const PacingInputs seen = pool.view(0);

  CHECK(seen.idle == 2);
  CHECK(seen.others.queue == 3);
  CHECK(seen.others.pending == Approx(6));
  CHECK(seen.others.members == 3);
  CHECK(seen.others.shared_agents == 10);
}

TEST_CASE("what others have outstanding counts as so many of one's own", "[pacer]") {
  PoolView pool{PoolSharing::everybody(2), {}};
  PacingInputs in = ten_agents(2);
  in.proactive.pending = 5;
  pool.see(0, ten_agents(2), 1);
  pool.see(1, in, 1);

  pool.decided(0, granted(0, 0.5), 1);
  pool.decided(1, granted(0, 0.1), 1);

  // 5 x .1 / .5, and .8 that it is seldom accepted.
  CHECK(pool.view(0).others.pending == Approx(1.8));
  CHECK(pool.view(1).others.pending == 0);
}

TEST_CASE("a grant counts as pending for those after it until it is sent", "[pacer]") {
  PoolView pool{PoolSharing::everybody(2), {}};
  pool.see(0, ten_agents(2), 1);
  pool.see(1, ten_agents(2), 1);

  pool.decided(0, granted(3), 1);
  CHECK(pool.view(1).others.pending == Approx(3));
  PacingInputs sent = ten_agents(2);
  sent.proactive.sent = 3;
  sent.proactive.pending = 2;  // One has been answered already.
  pool.see(0, sent, 2);

  CHECK(pool.view(1).others.pending == Approx(2));
}

TEST_CASE("what ends at one member counts for the others by their share of its agents", "[pacer]") {
  // Half of target 1's agents serve target 0 too.
  PoolView pool{PoolSharing::of_agents(2, std::vector<AgentClass>{{{0}, 5}, {{0, 1}, 5}, {{1}, 5}}),
                {}};
  PacingInputs in = ten_agents(2);
  pool.see(0, in, 1);
  pool.see(1, in, 1);
  pool.view(0);  // Weights by who is there.
  const PoolClaims before = pool.view(0).others;

  in.answered += 4;
  in.entered += 6;
  in.abandoned += 2;
  in.proactive.answered = 4;
  in.proactive.abandoned = 2;
  in.proactive.accepted = 6;
  pool.see(1, in, 2);

  const PoolClaims after = pool.view(0).others;
  CHECK(after.answered - before.answered == Approx(2).margin(0.02));
  CHECK(after.abandoned - before.abandoned == Approx(1).margin(0.02));
  CHECK(after.entered - before.entered == Approx(3).margin(0.02));
  CHECK(after.accepted - before.accepted == Approx(3).margin(0.02));
  CHECK(after.proactive_answered - before.proactive_answered == Approx(2).margin(0.02));
  CHECK(after.proactive_abandoned - before.proactive_abandoned == Approx(1).margin(0.02));
}

TEST_CASE("counters of another life or after a fall add nothing", "[pacer]") {
  PoolView pool{PoolSharing::everybody(2), {}};
  PacingInputs in = ten_agents(2);
  pool.see(0, in, 1);
  pool.see(1, in, 1);

  in.stat_epoch = in.feedback_epoch = 5;
  in.answered = 90'000;
  in.proactive.answered = 90'000;
  pool.see(1, in, 2);
  in.answered = in.entered = 0;
  in.proactive.answered = 0;
  pool.see(1, in, 3);

  CHECK(pool.view(0).others.answered == 0);
  CHECK(pool.view(0).others.proactive_answered == 0);
}

TEST_CASE("counters that are told for the first time add nothing", "[pacer]") {
  PoolView pool{PoolSharing::everybody(2), {}};
  PacingInputs unseen;
  unseen.quality = StatQuality::not_visible;
  unseen.feedback_age_s = -1;
  pool.see(0, ten_agents(2), 1);
  pool.see(1, unseen, 1);

  PacingInputs first = ten_agents(2);
  first.proactive.answered = 500;
  pool.see(1, first, 2);

  CHECK(pool.view(0).others.answered == 0);
  CHECK(pool.view(0).others.proactive_answered == 0);
}

TEST_CASE("counters that were out of sight add what they rose by, not what they are", "[pacer]") {
  PoolView pool{PoolSharing::everybody(2), {}};
  pool.see(0, ten_agents(2), 1);
  pool.see(1, ten_agents(2), 1);
  PacingInputs unseen;
  unseen.quality = StatQuality::not_visible;
  pool.see(1, unseen, 2);

  PacingInputs back = ten_agents(2);
  back.answered += 3;
  back.entered += 3;
  pool.see(1, back, 3);

  CHECK(pool.view(0).others.answered == 3);
}

TEST_CASE("whose statistics are stale has no queue that counts", "[pacer]") {
  PoolView pool{PoolSharing::everybody(2), {}};
  PacingInputs in = ten_agents(2);
  in.queue = 4;
  in.proactive.pending = 3;
  in.quality = StatQuality::stale;
  pool.see(0, ten_agents(2), 1);

  pool.see(1, in, 1);

  CHECK(pool.view(0).others.queue == 0);
  CHECK(pool.view(0).others.pending == Approx(3));  // They will be answered all the same.
}

TEST_CASE("the least goal of a pool rules, and it is known whose it is", "[pacer]") {
  PoolView pool{PoolSharing::everybody(3), {}};
  pool.set_options(0, goal(5));
  pool.set_options(1, goal(3));
  PacingOptions busy = goal(80);
  busy.optimization_target = OptimizationTarget::busy_factor;
  pool.set_options(2, busy);

  CHECK(pool.options(0).optimization_goal == 3);
  CHECK(pool.goal_of(0) == 1u);
  CHECK(pool.options(1).optimization_goal == 3);
  CHECK_FALSE(pool.goal_of(1));
  CHECK(pool.options(2) == busy);

  PacingOptions answered = goal(80);
  answered.optimization_target = OptimizationTarget::service_level;
  pool.set_options(0, answered);
  answered.optimization_goal = 90;
  pool.set_options(2, answered);
  CHECK(pool.options(0).optimization_goal == 90);  // Of the service level the highest.
  pool.set_options(0, goal(5));

  PacingOptions off = goal(3);
  off.enabled = false;
  pool.set_options(1, off);
  CHECK(pool.options(0).optimization_goal == 5);
}

TEST_CASE("a member's own budget is that of its own day, where it has one", "[pacer]") {
  PacingTuning tuning;
  tuning.window_s = 86'400;
  PoolView pool{PoolSharing::everybody(2), tuning};
  pool.set_options(0, goal(3));
  pool.set_options(1, goal(3));
  const auto see = [&](std::uint32_t member, std::uint64_t abandoned, double now_s) {
    PacingInputs in = ten_agents(2);
    in.proactive.accepted = 1000 + abandoned;
    in.proactive.answered = 1000;
    in.proactive.abandoned = abandoned;
    in.feedback_age_s = 0;
    if (member == 1) {  // From 8:00 to 8:00.
      in.window_begins_s = now_s < 28'800 ? -57'600 : 28'800;
      in.window_ends_s = in.window_begins_s + 86'400;
    }
    pool.see(member, in, now_s);
  };
  for (const std::uint32_t member : {0u, 1u}) {
    see(member, 0, 28'000);
    see(member, 10, 28'010);  // All of them lost: far over the budget of the day.
  }
  const double over = pool.view(1).others.correction;
  CHECK(over < -0.5);
  CHECK(pool.view(0).others.correction < -0.5);

  for (const std::uint32_t member : {0u, 1u}) see(member, 10, 28'900);

  CHECK(pool.view(1).others.correction > over + 0.1);  // Its new day has lost nobody yet.
  CHECK(pool.view(0).others.correction < -0.5);
}

TEST_CASE("who was dealt least for his weight is first, and equals take turns", "[pacer]") {
  PoolView pool{PoolSharing::everybody(2), {}};
  PacingOptions heavy;
  heavy.weight = 4;
  pool.set_options(0, {});
  pool.set_options(1, heavy);
  PacingInputs in[2] = {ten_agents(2), ten_agents(2)};
  std::array<std::uint64_t, 2> sent{};
  for (int round = 1; round <= 500; ++round) {
    for (std::uint32_t t = 0; t < 2; ++t) {
      in[t].proactive.sent = sent[t];
      pool.see(t, in[t], round);
    }
    const std::uint32_t first = pool.line(round)[0];
    pool.decided(first, granted(1), round);
    ++sent[first];
  }
  CHECK(sent[0] == Approx(100).margin(3));
  CHECK(sent[1] == Approx(400).margin(3));

  PoolView equal{PoolSharing::everybody(3), {}};
  std::array<int, 3> first{};
  for (int round = 0; round < 30; ++round) ++first[equal.line(round)[0]];
  CHECK(first == std::array<int, 3>{10, 10, 10});
}

TEST_CASE("a target whose grants nobody takes leaves them to the others", "[pacer]") {
  PoolView pool{PoolSharing::everybody(2), {}};
  pool.see(0, ten_agents(5), 0);
  pool.see(1, ten_agents(5), 0);
  pool.decided(0, granted(4), 0);
  CHECK(pool.view(1).others.pending == Approx(4));

  for (int second = 1; second <= 10; ++second) {
    pool.see(0, ten_agents(5), second);
    pool.see(1, ten_agents(5), second);
    pool.line(second);
  }

  CHECK(pool.short_of_visitors(0));
  CHECK(pool.view(1).others.pending == 0);
  CHECK(pool.view(0).others.most_invitations == 1);
}

TEST_CASE("nothing in a pool runs away, whatever it is told", "[pacer][property]") {
  SplitMix64 random{7};
  const auto wild = [&] {
    const double pick = random.uniform();
    if (pick < 0.2) return -1.0;
    if (pick < 0.3) return 1e9;
    return std::floor(random.uniform() * 20);
  };
  PoolView pool{PoolSharing::everybody(3), {}};
  std::vector<TargetPacing> pacing(3, TargetPacing{without_warm_up()});
  for (int round = 0; round < 2000; ++round) {
    const double now_s = round * random.uniform() * 3;
    for (std::uint32_t t = 0; t < 3; ++t) {
      PacingInputs in;
      for (auto* count :
           {&in.logged_in, &in.idle, &in.busy, &in.wrap_up, &in.queue, &in.proactive.pending})
        *count = static_cast<std::int32_t>(wild());
      for (auto* count : {&in.entered, &in.answered, &in.abandoned, &in.proactive.sent,
                          &in.proactive.accepted, &in.proactive.answered, &in.proactive.abandoned})
        *count = static_cast<std::uint64_t>(std::abs(wild()));
      in.quality = static_cast<StatQuality>(static_cast<int>(random.uniform() * 4));
      in.feedback_age_s = random.uniform() < 0.2 ? -1 : random.uniform() * 40;
      pool.see(t, in, now_s);
    }
    for (const std::uint32_t t : pool.line(now_s)) {
      const Decision d = pacing[t].decide(pool.view(t), pool.options(t), {}, 0.5, now_s);
      pool.decided(t, d, now_s);
      REQUIRE(std::isfinite(d.m));
      REQUIRE(d.m >= 0);
      REQUIRE(d.invitations >= 0);
      REQUIRE(std::isfinite(d.explanation.others_pending));
      REQUIRE(d.explanation.others_queue >= 0);
    }
  }
}

}  // namespace paceline::test
