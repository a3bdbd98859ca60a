// What a target takes for pending, where the endpoint's feedback is older than it says.
#include <cmath>
#include <deque>
#include <map>
#include <utility>

#include "common/base/random.h"
#include "services/pacer/pacing.h"
#include "tests/pacer/ten_agents.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

// Every grant is sent at once and answered some ten seconds later, three of ten by yes; two or three agents are idle. What
// the endpoint tells is `lag_s` old.
struct Site {
  double lag_s = 0;
  double told_age_s = 0;  // Of it, what the feedback admits.
  TargetPacing pacing{without_warm_up()};
  SplitMix64 random{3};
  double now_s = 1000;
  TargetFeedback now{};
  std::multimap<double, bool> answers{};  // By time: whether it is a yes.
  std::deque<std::pair<double, TargetFeedback>> told{{0, {}}};

  Decision step() {
    now_s += 1;
    for (; !answers.empty() && answers.begin()->first <= now_s; answers.erase(answers.begin())) {
      --now.pending;
      ++(answers.begin()->second ? now.accepted : now.rejected);
      now.answered = now.accepted;
    }
    told.emplace_back(now_s, now);
    while (told.size() > 1 && told[1].first <= now_s - lag_s) told.pop_front();
    PacingInputs in = ten_agents(random.uniform() < 0.5 ? 2 : 3);
    in.entered += now.accepted;
    in.answered += now.accepted;
    in.proactive = told.front().second;
    in.feedback_age_s = told_age_s;
    const Decision decision =
        pacing.decide(in, {.refresh_period = 1s}, {}, random.uniform(), now_s);
    for (int i = 0; i < decision.invitations; ++i)
      answers.emplace(now_s - 10 * std::log1p(-random.uniform()), random.uniform() < 0.3);
    now.sent += static_cast<std::uint64_t>(decision.invitations);
    now.pending += decision.invitations;
    return decision;
  }

  // By how many invitations what is taken for pending is wrong, and what the feedback tells, in the mean.
  std::pair<double, double> errors(int seconds) {
    double taken = 0;
    double as_told = 0;
    for (int i = 0; i < seconds; ++i) {
      const Decision decision = step();
      const double pending = now.pending - decision.invitations;
      taken += std::abs(decision.explanation.pending - pending);
      as_told += std::abs(told.front().second.pending - pending);
    }
    return {taken / seconds, as_told / seconds};
  }
};

}  // namespace

TEST_CASE("feedback that is seconds old and does not say so is seen by the grants it does not have",
          "[pacer]") {
  Site site;
  site.lag_s = GENERATE(3.0, 5.0, 15.0);

  site.errors(600);

  const auto [taken, as_told] = site.errors(1800);
  CAPTURE(site.lag_s, taken, as_told);
  CHECK(taken < 0.9 * as_told);
}

TEST_CASE("true feedback is taken as it is", "[pacer]") {
  Site site;
  CHECK(site.errors(1800).first == 0);
}

}  // namespace paceline::test
