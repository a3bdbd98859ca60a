// What the changes of a target's counters teach, by the arithmetic of METHOD.md.
#include "services/pacer/history.h"

#include <array>
#include <cmath>

#include "tests/pacer/ten_agents.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;
namespace {

const PacingTuning tuning{.sends_after_decision = false};

struct Watched {
  TargetHistory history;
  PacingInputs in = ten_agents(4);

  Observed at(double now_s) { return history.observe(in, tuning, 0, now_s); }
  Estimates estimates(const ChannelPool& pool = {}) const {
    return history.estimates(pool, tuning);
  }
};

}  // namespace

TEST_CASE("before anything is known the estimates are the priors", "[pacer]") {
  Watched target;
  target.at(0);

  CHECK(target.estimates().acceptance == Approx(0.3));
  CHECK(target.estimates().answer_delay_s == Approx(10));
  CHECK(target.estimates().service_s == Approx(240));
  CHECK(target.estimates().wrap_up_s == Approx(20));
  CHECK(target.estimates().patience_s == Approx(60));
  CHECK(target.estimates().reactive_rate == 0);
}

TEST_CASE("acceptance is the accepted share of all answers, the prior counting as thirty",
          "[pacer]") {
  Watched target;
  target.at(0);
  target.in.proactive = {.sent = 20, .accepted = 10, .rejected = 6, .timed_out = 4};

  const Observed seen = target.at(1);

  CHECK(seen.answers == 20);
  CHECK(target.estimates().acceptance == Approx((10 + 30 * 0.3) / (20 + 30)));
}

TEST_CASE("the answer delay is the time invitations were pending, by answers", "[pacer]") {
  Watched target;
  target.in.proactive.pending = 10;
  target.in.proactive.sent = 10;
  for (int second = 0; second <= 50; second += 10) target.at(second);
  target.in.proactive.accepted = 10;
  target.in.proactive.pending = 0;
  target.at(60);

  // Ten for 50 s, then five in the mean for 10 s; ten answers forget that by 0.998 each.
  const double pending_s = (10 * 50 + 5 * 10) * std::pow(0.998, 10);
  CHECK(target.estimates().answer_delay_s ==
        Approx((pending_s + 30 * 10) / (10 + 30)).epsilon(0.002));
}

TEST_CASE("patience is the time waited in the queue, by those who left it", "[pacer]") {
  Watched target;
  target.in.queue = 5;
  for (int second = 0; second <= 90; second += 10) target.at(second);
  target.in.abandoned = 10;
  target.at(100);

  const double queue_s = 5 * 100 * std::pow(0.999, 10);
  CHECK(target.estimates().patience_s == Approx((queue_s + 5 * 60) / (10 + 5)).epsilon(0.002));
}

TEST_CASE("reactive visitors are those who came without an accepted invitation", "[pacer]") {
  Watched target;
  for (int second = 0; second <= 600; second += 10) {
    target.at(second);
    target.in.entered += 3;
    target.in.proactive.accepted += 1;
    target.in.proactive.sent += 1;
  }

  CHECK(target.estimates().reactive_rate == Approx(0.2));
}

TEST_CASE("occupancy counts wrap-up, the busy factor does not", "[pacer]") {
  Watched target;
  target.in.idle = 2;
  target.in.busy = 5;
  target.in.wrap_up = 3;
  for (int second = 0; second <= 60; second += 10) target.at(second);

  CHECK(target.history.loops().occupancy == Approx(0.8));
  CHECK(target.history.loops().busy_factor == Approx(0.5));
}

TEST_CASE("the source's handling time, less wrap-up, stands for service until ends are seen",
          "[pacer]") {
  Watched target;
  target.in.handling_time_s = 200;
  target.at(0);

  CHECK(target.estimates().service_s == Approx(180));
}

TEST_CASE("what a channel knows stands for a target that knows little", "[pacer]") {
  Watched target;
  target.at(0);
  ChannelPool pool;
  Learned other;
  other.accepted = 300;
  other.answers = 400;
  other.pending_s = 2000;
  pool.add(other);

  // Of 400 answers the pool counts 200.
  const double acceptance = (150 + 30 * 0.3) / (200 + 30);
  CHECK(pool.answers == Approx(200));
  CHECK(target.estimates(pool).acceptance == Approx(acceptance));
  CHECK(target.estimates(pool).answer_delay_s == Approx((1000 + 30 * 10) / 230.0));
}

TEST_CASE("proactive outcomes are told apart from reactive ones", "[pacer]") {
  Watched target;
  target.at(0);
  target.in.answered += 5;
  target.in.abandoned += 3;
  target.in.proactive.answered = 2;
  target.in.proactive.abandoned = 1;

  const Observed seen = target.at(1);

  CHECK(seen.proactive_answered == 2);
  CHECK(seen.proactive_abandoned == 1);
  CHECK(seen.reactive_answered == 3);
  CHECK(seen.reactive_abandoned == 2);
  CHECK(seen.changed);
}

TEST_CASE("an outcome that the endpoint tells before the Stat Server is no reactive one later",
          "[pacer]") {
  Watched target;
  target.at(0);
  target.in.proactive.answered = 2;
  CHECK(target.at(1).reactive_answered == 0);
  target.in.answered += 3;

  CHECK(target.at(2).reactive_answered == 1);
}

TEST_CASE("nothing is learned from a gap of more than two minutes", "[pacer]") {
  Watched target;
  target.at(0);
  CHECK(target.at(120).dt_s == 120);

  const Observed seen = target.at(241);

  CHECK(seen.dt_s == 0);
  CHECK(seen.gap_s == 121);
}

TEST_CASE("without a change nothing is told to have changed", "[pacer]") {
  Watched target;

  CHECK(target.at(0).changed);
  CHECK(!target.at(1).changed);
  target.in.proactive.pending = 1;
  CHECK(target.at(2).changed);
}

TEST_CASE("counters of another life are compared with nothing", "[pacer]") {
  Watched target;
  target.at(0);
  target.in.answered = 5000;
  target.in.stat_epoch = 1;

  CHECK(target.at(1).reactive_answered == 0);
  target.in.answered = 5002;
  CHECK(target.at(2).reactive_answered == 2);
}

TEST_CASE("accepted invitations count as unseen until the statistics are younger than they",
          "[pacer]") {
  Watched target;
  target.at(0);
  target.in.proactive.accepted = 3;
  target.at(10);
  target.in.proactive.accepted = 4;
  target.at(20);

  CHECK(target.history.accepted_unseen(5) == 4);
  CHECK(target.history.accepted_unseen(10) == 1);
  CHECK(target.history.accepted_unseen(20) == 0);
}

TEST_CASE("busy slots come free at the mean's rate until more is known", "[pacer]") {
  Watched target;
  target.in.idle = 0;
  target.in.busy = 10;
  target.at(0);
  const std::array<double, 2> horizons{24, 240};

  const Forecast free = target.history.forecast(horizons, target.estimates());

  // Service exponential with 240 s, then wrap-up with 20 s, within 24 s and 240 s.
  const auto chance = [](double t) {
    return 1 - (240 * std::exp(-t / 240) - 20 * std::exp(-t / 20)) / (240 - 20);
  };
  CHECK(free.mean[0] == Approx(10 * chance(24)).epsilon(0.02));
  CHECK(free.mean[1] == Approx(10 * chance(240)).epsilon(0.02));
  CHECK(free.variance[0] == Approx(10 * chance(24) * (1 - chance(24))).epsilon(0.02));
  CHECK(free.from_start[0] == Approx(chance(24)).epsilon(0.02));
}

TEST_CASE("samples decay toward the priors with twelve hours", "[pacer]") {
  Watched target;
  target.at(0);
  target.in.proactive = {.sent = 100, .accepted = 100};
  target.at(1);
  const double known = target.history.learned().answers;

  target.at(1 + 12 * 3600);

  CHECK(target.history.learned().answers == Approx(known * std::exp(-1.0)).epsilon(0.001));
}

}  // namespace paceline::test
