// explain_sentence.cpp: what is said for each reason, with which numbers.
#include "services/pacer/explain_sentence.h"

#include <map>
#include <set>

#include "tests/pacer/ten_agents.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;
namespace {

/// A decision of that reason about ten agents, three of them free, with four invitations out.
struct SentenceCase {
  explicit SentenceCase(PaceReason reason, int invitations = 0) {
    in.feedback_age_s = 1;
    decision = {
        {.reason = reason, .invitations = invitations, .max_pending = 4 + invitations, .m = 4}, {}};
    DecisionExplanation& why = decision.explanation;
    why.expected_free = 2.1;
    why.answer_delay_s = 9;
    why.pending = 4;
    why.acceptance = 0.3;
    why.slots = 10;
  }

  std::string sentence() const { return sentence_of(in, options, decision); }
  /// Behind what was known and foreseen.
  std::string rest() const {
    const std::string all = sentence();
    const std::string known =
        "3 free, 2.1 more expected within 9 s, 4 invitations out, of which 1.2 will be accepted: ";
    CAPTURE(all);
    REQUIRE(all.starts_with(known));
    return all.substr(known.size());
  }

  PacingInputs in = ten_agents(3);
  PacingOptions options{};
  Decision decision;
};

TEST_CASE("what may go is told with the numbers that it came of", "[pacer]") {
  CHECK(
      SentenceCase{PaceReason::granted, 2}.sentence() ==
      "3 free, 2.1 more expected within 9 s, 4 invitations out, of which 1.2 will be accepted: two "
      "more may go.");
  CHECK(SentenceCase{PaceReason::granted, 1}.rest() == "one more may go.");
  CHECK(SentenceCase{PaceReason::granted, 12}.rest() == "twelve more may go.");
  CHECK(SentenceCase{PaceReason::granted, 25}.rest() == "25 more may go.");
}

TEST_CASE("who waits, who comes by himself, and a single invitation are told as they are",
          "[pacer]") {
  SentenceCase told{PaceReason::granted, 1};
  told.in.queue = 2;
  told.decision.explanation.expected_reactive = 0.5;
  told.decision.explanation.expected_free = 1.0000001;
  told.decision.explanation.pending = 1;

  CHECK(told.sentence() ==
        "3 free, 2 waiting, 1 more expected within 9 s, 0.5 who come by themselves until then, 1 "
        "invitation out, of which 0.3 will be accepted: one more may go.");
  told.decision.explanation.pending = 0;
  told.decision.explanation.expected_free = -0.01;
  CHECK(told.sentence().find("0 more expected") != std::string::npos);
  CHECK(told.sentence().find(", no invitations out: ") != std::string::npos);
}

TEST_CASE("each reason why none or fewer may go has its sentence", "[pacer]") {
  const std::map<PaceReason, std::string> expected = {
      {PaceReason::granted, "none may go."},
      {PaceReason::no_idle_expected, "nobody would be free for who accepts, so none may go."},
      {PaceReason::pending_enough, "no more than 4 may be out, so none may go."},
      {PaceReason::goal_guard, "it holds back to keep the goal of 3 %, so none may go."},
      {PaceReason::ratio_cap, "proactiveRatio leaves 50 % of 10 slots to them, so none may go."},
      {PaceReason::warm_up,
       "too few answers are known yet for more than one for each who is free, so none may go."},
      {PaceReason::ceiling, "0 are the most that may be out for 10 slots, so none may go."},
      {PaceReason::growth_cap, "how many may be out grows step by step, to 4 now, so none may go."},
      {PaceReason::fast_cut,
       "many gave up in the last minutes, and no more than 4 may be out, so none may go."},
      {PaceReason::pending_cap,
       "hardly anybody accepts, and no more than 4 may be out until that is known better, so none "
       "may go."},
      {PaceReason::statistics_contradicted,
       "the statistics stand still while the endpoint tells of visitors who come, so none may "
       "go."}};

  for (const auto& [reason, rest] : expected) {
    CAPTURE(to_string(reason));
    CHECK(SentenceCase{reason}.rest() == rest);
  }
}

TEST_CASE("where nothing was computed only that is told", "[pacer]") {
  SentenceCase nobody{PaceReason::no_agents};
  nobody.in.queue = 3;
  SentenceCase stale{PaceReason::stale_statistics};
  stale.in.stat_age_s = 12.34;

  CHECK(nobody.sentence() == "No agent is logged in, 3 waiting: none may go.");
  CHECK(stale.sentence() ==
        "The statistics are 12.3 s old or known to be behind, too old to go by: none may go.");
  CHECK(SentenceCase{PaceReason::not_visible}.sentence() ==
        "No values come for it, as the Stat Server does not see its group or queue, or the feed "
        "leaves it out: none may go.");
  CHECK(SentenceCase{PaceReason::disabled}.sentence() ==
        "It is switched off by the option `enabled`: none may go.");
  CHECK(SentenceCase{PaceReason::paused}.sentence() ==
        "An operator stopped all invitations: none may go.");
}

TEST_CASE("every reason has a sentence of its own, which ends in what may go", "[pacer]") {
  std::set<std::string> sentences;
  for (std::size_t i = 0; i < words_of<PaceReason>.size(); ++i) {
    const std::string sentence = SentenceCase{static_cast<PaceReason>(i)}.sentence();
    CAPTURE(sentence);
    CHECK(sentence.ends_with("none may go."));
    CHECK(sentences.insert(sentence).second);
  }
}

TEST_CASE("the goal is told as it is kept, by what it is", "[pacer]") {
  SentenceCase told{PaceReason::goal_guard, 1};
  DecisionExplanation& why = told.decision.explanation;
  why.outcomes = 35;
  why.proactive_abandonment = 1.0 / 35;
  why.service_level = 0.75;
  why.busy_factor = 0.6;
  why.rolling_outcomes = 400;
  why.rolling_abandonment = 0.031;

  CHECK(
      told.rest() ==
      "2.9 % of 35 gave up in this window where 3 % may, which holds it back, so one more may go.");
  told.options.rolling_days = 7;
  why.rolling_binds = true;
  CHECK(told.rest() ==
        "3.1 % of 400 gave up in 7 days where 3 % may, which holds it back, so one more may go.");
  why.rolling_binds = false;
  told.options.optimization_target = OptimizationTarget::service_level;
  told.options.optimization_goal = 80;
  CHECK(told.rest() ==
        "75 % of 35 were answered within 20 s where 80 % is the goal, which holds it back, so one "
        "more may go.");
  told.options.optimization_target = OptimizationTarget::busy_factor;
  CHECK(told.rest() ==
        "agents are busy 60 % of their time where 80 % is the goal, but more would make visitors "
        "give "
        "up, so one more may go.");
}

TEST_CASE("who shares agents, and who does not answer, is told in numbers", "[pacer]") {
  SentenceCase shared{PaceReason::shared_agents};
  shared.decision.explanation.pool_members = 3;
  shared.decision.explanation.shared_agents = 8;
  shared.decision.explanation.others_queue = 1.5;
  shared.decision.explanation.others_pending = 2.25;
  SentenceCase absent{PaceReason::idle_not_answering, 1};
  absent.decision.not_answering = 2;
  SentenceCase capped{PaceReason::pending_cap};
  capped.options.max_pending_per_agent = 2;
  capped.decision.m = 20;

  CHECK(shared.rest() ==
        "2.3 invitations and 1.5 waiting of 2 other targets on 8 of its 10 agents come first, so "
        "none "
        "may go.");
  CHECK(absent.rest() ==
        "2 of the free take nothing from the queue beside them and do not count, so one more may "
        "go.");
  CHECK(capped.rest() == "max_pending_per_agent allows 20 out for 10 agents, so none may go.");
}

TEST_CASE("a number that the endpoint did not tell is told as a guess", "[pacer]") {
  SentenceCase never{PaceReason::granted, 1};
  never.in.feedback_age_s = -1;
  SentenceCase late{PaceReason::granted, 1};
  late.in.feedback_age_s = 42;
  late.decision.feedback_late = true;

  CHECK(never.rest() ==
        "one more may go; the endpoint has told nothing yet, so how many are out is a guess.");
  CHECK(late.rest() ==
        "one more may go; the endpoint's feedback is 42 s old, so how many are out is a guess.");
}

TEST_CASE("a decision of the engine is told with its own numbers", "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  const PacingInputs in = ten_agents(4);
  const Decision decision = pacing.decide(in, {}, {}, 0.5, 1);

  const std::string sentence = sentence_of(in, {}, decision);

  CAPTURE(sentence);
  CHECK(sentence.starts_with("4 free, "));
  CHECK(sentence.ends_with(" more may go."));
}

}  // namespace
}  // namespace paceline::test
