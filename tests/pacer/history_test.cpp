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

TEST_CASE("a counter that rises by more than a hundred thousand counts as so many", "[pacer]") {
  Watched target;
  target.at(0);
  target.in.answered += 300'000;

  CHECK(target.at(1).reactive_answered == 100'000);
}

TEST_CASE("a source that counts nobody who enters has those who left the queue", "[pacer]") {
  Watched target;
  target.in.entered = 0;
  for (int second = 0; second <= 600; second += 10) {
    target.at(second);
    target.in.answered += 2;
    target.in.abandoned += 1;
  }

  CHECK(target.estimates().reactive_rate == Approx(0.3));
}

TEST_CASE("estimates have their bounds, told handling time too", "[pacer]") {
  Watched target;
  target.in.handling_time_s = 1e9;
  target.at(0);
  CHECK(target.estimates().service_s == Approx(1e5 - 20));
  target.in.handling_time_s = 20.4;  // Less wrap-up, four tenths of a second: no word.
  target.at(0);
  CHECK(target.estimates().service_s == Approx(240));
  Learned learned;
  learned.queue_s = 1e12;
  learned.queue_abandoned = 1;
  learned.pending_s = 1e12;
  learned.answers = 1;
  learned.reactive_rate = -1;
  learned.service.exposure_s = learned.wrap_up.exposure_s = 1e12;
  target.history.restore(learned);
  CHECK(target.estimates().patience_s == 1e5);
  CHECK(target.estimates().answer_delay_s == 3600);
  CHECK(target.estimates().reactive_rate == 0);
  CHECK(target.estimates().service_s == 1e5);
  CHECK(target.estimates().wrap_up_s == 1e5);
  learned = {};
  learned.queue_abandoned = learned.answers = learned.service.ends = learned.wrap_up.ends = 1e9;
  target.history.restore(learned);
  CHECK(target.estimates().patience_s == 0.2);
  CHECK(target.estimates().answer_delay_s == 0.05);
  CHECK(target.estimates().acceptance == 0.001);
  CHECK(target.estimates().service_s == 0.5);
  CHECK(target.estimates().wrap_up_s == Approx(0).margin(1e-6));
}

TEST_CASE("the channel's experience stands for each estimate", "[pacer]") {
  Watched target;
  target.at(0);
  const ChannelPool pool{.accepted = 60,
                         .answers = 100,
                         .pending_s = 500,
                         .service_s = 9000,
                         .service_ends = 90,
                         .wrap_up_s = 2700,
                         .wrap_up_ends = 90,
                         .queue_s = 950,
                         .queue_abandoned = 95};

  const Estimates e = target.estimates(pool);

  CHECK(e.acceptance == Approx((60 + 30 * 0.3) / 130));
  CHECK(e.answer_delay_s == Approx((500 + 30 * 10) / 130.0));
  CHECK(e.wrap_up_s == Approx((2700 + 10 * 20) / 100.0));
  CHECK(e.service_s == Approx((9000 + 10 * 240) / 100.0));
  CHECK(e.patience_s == Approx((950 + 5 * 60) / 100.0));
}

TEST_CASE("answers are forgotten by two in a thousand each, outcomes of the queue by one",
          "[pacer]") {
  Watched target;
  target.at(0);
  target.in.proactive.sent = 150;
  target.in.proactive.accepted = 100;
  target.in.abandoned = 50;
  target.at(1);
  target.in.proactive.rejected = 3;
  target.in.proactive.timed_out = 2;
  target.in.answered += 10;
  target.at(2);

  const Learned learned = target.history.learned();
  CHECK(learned.answers == Approx(100 * std::pow(0.998, 5) + 5));
  CHECK(learned.accepted == Approx(100 * std::pow(0.998, 5)));
  CHECK(learned.answers_ever == 105);
  CHECK(learned.queue_abandoned == Approx(50 * std::pow(0.999, 10)));
}

TEST_CASE("the proactive share moves by two in a hundred with each who is answered", "[pacer]") {
  Watched target;
  target.at(0);
  target.in.answered += 10;
  target.in.proactive.answered = 8;
  target.at(1);

  const double weight = 1 - std::pow(0.98, 10);
  CHECK(target.history.loops().proactive_share == Approx(0.5 + weight * (0.8 - 0.5)));
}

TEST_CASE("what decays, decays alike", "[pacer]") {
  Watched target;
  Learned learned;
  learned.accepted = 10;
  learned.answers = 20;
  learned.pending_s = 30;
  learned.queue_s = 40;
  learned.queue_abandoned = 50;
  learned.service.ends = 60;
  learned.wrap_up.ends = 70;
  learned.answers_ever = 80;
  target.history.restore(learned);

  target.history.decay(0.5);

  const Learned left = target.history.learned();
  CHECK(left.accepted == 5);
  CHECK(left.answers == 10);
  CHECK(left.pending_s == 15);
  CHECK(left.queue_s == 20);
  CHECK(left.queue_abandoned == 25);
  CHECK(left.service.ends == 30);
  CHECK(left.wrap_up.ends == 35);
  CHECK(left.answers_ever == 80);
}

TEST_CASE("each count that differs is a change", "[pacer]") {
  using Change = void (*)(PacingInputs&);
  for (const Change change :
       {Change{[](PacingInputs& in) { ++in.idle; }}, Change{[](PacingInputs& in) { ++in.busy; }},
        Change{[](PacingInputs& in) { ++in.wrap_up; }},
        Change{[](PacingInputs& in) { ++in.queue; }},
        Change{[](PacingInputs& in) { ++in.answered; }},
        Change{[](PacingInputs& in) { ++in.abandoned; }},
        Change{[](PacingInputs& in) { ++in.proactive.accepted; }},
        Change{[](PacingInputs& in) { ++in.proactive.pending; }}}) {
    Watched target;
    target.at(0);
    change(target.in);
    CHECK(target.at(1).changed);
    CHECK(!target.at(2).changed);
  }
}

TEST_CASE("while no feedback comes the next is compared with the last", "[pacer]") {
  Watched target;
  target.in.proactive = {.sent = 10, .accepted = 5};
  target.at(0);
  const TargetFeedback told = target.in.proactive;
  target.in.proactive = {};
  target.in.feedback_age_s = -1;
  CHECK(target.at(1).answers == 0);
  target.in.proactive = told;
  target.in.proactive.accepted = 8;
  target.in.feedback_age_s = 0;

  CHECK(target.at(2).answers == 3);
}

TEST_CASE("feedback of which one counter fell begins anew", "[pacer]") {
  using Fall = void (*)(TargetFeedback&);
  for (const Fall fall : {Fall{[](TargetFeedback& f) { f.sent = 1; }},
                          Fall{[](TargetFeedback& f) { f.accepted = 1; }},
                          Fall{[](TargetFeedback& f) { f.rejected = 1; }},
                          Fall{[](TargetFeedback& f) { f.timed_out = 1; }},
                          Fall{[](TargetFeedback& f) { f.answered = 1; }},
                          Fall{[](TargetFeedback& f) { f.abandoned = 1; }}}) {
    Watched target;
    auto& f = target.in.proactive;
    f = {.sent = 90,
         .accepted = 50,
         .rejected = 20,
         .timed_out = 10,
         .answered = 30,
         .abandoned = 5};
    target.at(0);
    f = {.sent = 99,
         .accepted = 59,
         .rejected = 29,
         .timed_out = 19,
         .answered = 39,
         .abandoned = 9};
    fall(f);

    const Observed seen = target.at(1);

    CHECK(seen.answers == 0);
    CHECK(seen.proactive_answered == 0);
    CHECK(seen.proactive_abandoned == 0);
    ++f.accepted;
    CHECK(target.at(2).answers == 1);
  }
}

}  // namespace paceline::test
