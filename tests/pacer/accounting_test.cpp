#include "services/pacer/accounting.h"

#include "services/pacer/pacing.h"
#include "tests/pacer/ten_agents.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;
namespace {

constexpr double hour_s = 3600;

/// A day of 100 outcomes, 3 of which may be abandoned, has come to its middle.
LoopLearned half_a_day(double abandoned) {
  return {.started = true, .s = -4, .outcomes = 500, .abandoned = abandoned};
}

Budget budget(const LoopLearned& today, const RollingDays& before, int rolling_days) {
  PacingOptions options;
  options.rolling_days = rolling_days;
  return budget_of(options, {}, today, before, 0.028, 1000, 500);
}

RollingDays after_a_day_of(double abandoned) {
  RollingDays days;
  days.close_day({.outcomes = 1000, .abandoned = abandoned}, 7);
  return days;
}

}  // namespace

TEST_CASE("a target's own day holds instead of the pacer's windows", "[pacer]") {
  PacingInputs in;
  in.window_begins_s = 10 * hour_s;
  in.window_ends_s = 33 * hour_s;

  const AccountingWindow own = accounting_window(in, {}, 12 * hour_s);
  CHECK(own.age_s == 2 * hour_s);
  CHECK(own.length_s == 23 * hour_s);

  const AccountingWindow pacers = accounting_window({}, {}, 25 * hour_s);
  CHECK(pacers.age_s == hour_s);
  CHECK(pacers.length_s == 24 * hour_s);
  CHECK(pacers.tolerance_s == 0);
}

TEST_CASE("an own day that is not now is not used", "[pacer]") {
  PacingInputs in;
  in.window_begins_s = 10 * hour_s;
  in.window_ends_s = 34 * hour_s;

  CHECK(accounting_window(in, {}, 35 * hour_s).age_s == 11 * hour_s);
  CHECK(accounting_window(in, {}, 9 * hour_s).age_s == 9 * hour_s);
}

TEST_CASE("a bad day behind it binds a good one", "[pacer]") {
  const Budget good = budget(half_a_day(10), after_a_day_of(20), 7);
  const Budget bad = budget(half_a_day(10), after_a_day_of(60), 7);

  CHECK_FALSE(good.rolling_binds);
  CHECK(good.correction == budget(half_a_day(10), {}, 0).correction);
  CHECK(bad.rolling_binds);
  CHECK(bad.correction < 0);
  CHECK(bad.rolling_outcomes == 1500);
  CHECK(bad.rolling_abandonment == Approx(70 / 1500.0));
  CHECK(bad.rolling_excess == Approx(70 - 1500 * 0.03 * (1 - 2.26 / 60)));
}

TEST_CASE("good days behind it allow no bad one", "[pacer]") {
  const Budget after_good_days = budget(half_a_day(30), after_a_day_of(0), 7);

  CHECK_FALSE(after_good_days.rolling_binds);
  CHECK(after_good_days.correction == budget(half_a_day(30), {}, 0).correction);
}

TEST_CASE("a window turns when its day ends, and not when the clock is set back by seconds",
          "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  PacingInputs in = ten_agents(4);
  in.window_begins_s = 0;
  in.window_ends_s = 23 * hour_s;
  pacing.decide(in, {}, {}, 0.5, 22 * hour_s);
  in.proactive.answered = 50;
  CHECK(pacing.decide(in, {}, {}, 0.5, 22 * hour_s + 1).explanation.outcomes == 50);

  in.window_begins_s = 5;  // The clock was five seconds ahead.
  in.window_ends_s = 23 * hour_s + 5;
  const Decision same = pacing.decide(in, {}, {}, 0.5, 22 * hour_s + 2);
  CHECK(same.explanation.outcomes == 50);
  CHECK(same.explanation.window_length_s == 23 * hour_s);

  in.window_begins_s = 23 * hour_s + 5;
  in.window_ends_s = 47 * hour_s + 5;
  const Decision next = pacing.decide(in, {}, {}, 0.5, 23 * hour_s + 6);
  CHECK(next.explanation.outcomes == 0);
  CHECK(next.explanation.window_length_s == 24 * hour_s);
}

TEST_CASE("days that are over stay in the rolling window, through a restart as well", "[pacer]") {
  PacingOptions options;
  options.rolling_days = 7;
  PacingTuning tuning = without_warm_up();
  TargetPacing pacing{tuning};
  PacingInputs in = ten_agents(4);
  pacing.decide(in, options, {}, 0.5, 1);
  in.proactive.answered = 90;
  in.proactive.abandoned = 10;
  pacing.decide(in, options, {}, 0.5, 2);
  Decision d = pacing.decide(in, options, {}, 0.5, 24 * hour_s + 1);

  CHECK(d.explanation.outcomes == 0);
  CHECK(d.explanation.rolling_outcomes == 100);
  CHECK(d.explanation.rolling_abandonment == Approx(0.1));
  CHECK(d.explanation.rolling_binds);

  TargetPacing restarted{tuning};
  restarted.restore(pacing.learned(), 0);
  CHECK(restarted.decide(in, options, {}, 0.5, 5).explanation.rolling_outcomes == 100);
  TargetPacing late{tuning};
  late.restore(pacing.learned(), 3 * 24 * hour_s);
  CHECK(late.decide(in, options, {}, 0.5, 5).explanation.rolling_outcomes == 100);
  TargetPacing too_late{tuning};
  too_late.restore(pacing.learned(), 30 * 24 * hour_s);
  CHECK(too_late.decide(in, options, {}, 0.5, 5).explanation.rolling_outcomes == 0);
}

}  // namespace paceline::test
