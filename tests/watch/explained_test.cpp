// explained.cpp: what a pause and another master make of a pacer's sentence.
#include "services/watch/explained.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace watch;
namespace {

Explanation decided(PaceState state) {
  Explanation explanation{.target = "t1",
                          .reason = PaceReason::granted,
                          .sentence = "3 free: two more may go.",
                          .steps = {}};
  explanation.steps.push_back({"state", 0, "", "result", to_string(state)});
  return explanation;
}

StatusAnswer ours() {
  StatusAnswer status;
  status.node = status.master = "a";
  return status;
}

TEST_CASE("a decision that is published is told in the pacer's words alone", "[watch]") {
  Explanation explanation = decided(PaceState::ok);

  tell_standing(explanation, ours());

  CHECK(explanation == decided(PaceState::ok));
}

TEST_CASE("a pause comes before what would be without it", "[watch]") {
  StatusAnswer status = ours();
  status.paused = "fire drill";
  status.paused_since = "2026-11-30T08:00:00.000Z";
  Explanation explanation = decided(PaceState::degraded);
  Explanation stale = decided(PaceState::stale);

  tell_standing(explanation, status);
  tell_standing(stale, status);

  CHECK(explanation.reason == PaceReason::paused);
  CHECK(explanation.sentence ==
        "An operator stopped all invitations at 2026-11-30T08:00:00.000Z: fire drill. None may go "
        "until pacelinectl resume; without the pause: 3 free: two more may go.");
  CHECK(stale == decided(PaceState::stale));
}

TEST_CASE("it is told whose decision is published where that is not this one", "[watch]") {
  StatusAnswer status = ours();
  status.master = "b";
  Explanation other = decided(PaceState::ok);
  tell_standing(other, status);
  status.master = "";
  Explanation nobody = decided(PaceState::ok);
  tell_standing(nobody, status);

  CHECK(
      other.sentence ==
      "3 free: two more may go. So decides node a; node b is master, and what it decides by itself "
      "is published.");
  CHECK(nobody.sentence == "3 free: two more may go. Nobody is master, so nothing is published.");
}

}  // namespace
}  // namespace paceline::test
