// What a target takes for pending, where the endpoint's feedback is older than it says.
#include <algorithm>
#include <deque>
#include <map>

#include "common/base/random.h"
#include "services/pacer/pacing.h"
#include "tests/pacer/ten_agents.h"
#include "tests/support/catch.h"

namespace paceline::test {
namespace {

// Every grant is sent at once and refused some ten seconds later; two or three agents are idle. What the endpoint tells
// is `lag_s` old.
struct Site {
  double lag_s = 0;
  double told_age_s = 0;  // Of it, what the feedback admits.
  TargetPacing pacing{without_warm_up()};
  SplitMix64 random{3};
  double now_s = 1000;
  std::int64_t sent = 0;
  std::int64_t refused = 0;
  std::multimap<double, int> answers{};
  std::deque<std::pair<double, std::pair<std::int64_t, std::int64_t>>> told{{0, {0, 0}}};

  std::int64_t pending() const { return sent - refused; }

  Decision step() {
    now_s += 1;
    while (!answers.empty() && answers.begin()->first <= now_s) {
      answers.erase(answers.begin());
      ++refused;
    }
    told.push_back({now_s, {sent, refused}});
    while (told.size() > 1 && told[1].first <= now_s - lag_s) told.pop_front();
    PacingInputs in = ten_agents(random.uniform() < 0.5 ? 2 : 3);
    const auto [its_sent, its_refused] = told.front().second;
    in.proactive.sent = static_cast<std::uint64_t>(its_sent);
    in.proactive.rejected = static_cast<std::uint64_t>(its_refused);
    in.proactive.pending = static_cast<std::int32_t>(its_sent - its_refused);
    in.feedback_age_s = told_age_s;
    const Decision decision = pacing.decide(in, {}, {}, random.uniform(), now_s);
    for (int i = 0; i < decision.invitations; ++i)
      answers.emplace(now_s + 10 * -std::log1p(-random.uniform()), 0);
    sent += decision.invitations;
    return decision;
  }

  // The most invitations outstanding beyond what a decision allowed, in so many seconds.
  std::int64_t most_beyond(int seconds) {
    std::int64_t most = 0;
    for (int i = 0; i < seconds; ++i) {
      const Decision decision = step();
      most = std::max(most, pending() - decision.max_pending);
    }
    return most;
  }
};

}  // namespace

TEST_CASE("feedback that is seconds old and does not say so is seen by the grants it does not have",
          "[pacer]") {
  Site late;
  late.lag_s = 5;
  CHECK(late.most_beyond(60) >= 6);  // Granted again and again, until it is known.

  late.most_beyond(540);
  CHECK(late.most_beyond(1800) <= 4);
}

TEST_CASE("feedback that is true, or says how old it is, lets no more out than was allowed",
          "[pacer]") {
  Site site;
  site.lag_s = site.told_age_s = GENERATE(0.0, 5.0);
  CHECK(site.most_beyond(1800) <= 4);
}

}  // namespace paceline::test
