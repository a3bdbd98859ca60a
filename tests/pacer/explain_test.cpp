#include "services/pacer/explain.h"

#include "tests/pacer/ten_agents.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;

TEST_CASE("every reason has a sentence", "[pacer]") {
  for (int reason = 0; reason <= static_cast<int>(PaceReason::disabled); ++reason)
    CHECK(!sentence_of(static_cast<PaceReason>(reason)).empty());
}

TEST_CASE("an explanation tells every described value once, in the order of the list", "[pacer]") {
  TargetPacing pacing;
  const PacingInputs in = ten_agents(4);

  const auto explanation = explain("t", in, {}, pacing.decide(in, {}, {}, 0.5, 1));

  REQUIRE(explanation.steps.size() == explanation_fields.size());
  for (std::size_t i = 0; i < explanation_fields.size(); ++i) {
    const ExplanationField& field = explanation_fields[i];
    CHECK(explanation.steps[i].name == field.name);
    CHECK(explanation.steps[i].unit == field.unit);
    CHECK(explanation.steps[i].group == field.section);
    for (std::size_t j = 0; j < i; ++j) CHECK(explanation_fields[j].name != field.name);
  }
}

TEST_CASE("an explanation has the decision's own numbers and words", "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  PacingInputs in = ten_agents(4);
  in.feedback_age_s = -1;
  const Decision d = pacing.decide(in, {}, {}, 0.5, 1);

  const auto explanation = explain("t", in, {}, d);

  const auto step = [&](std::string_view name) {
    for (const auto& each : explanation.steps)
      if (each.name == name) return each;
    return ExplanationStep{};
  };
  CHECK(explanation.reason == d.reason);
  CHECK(explanation.sentence == sentence_of(d.reason));
  CHECK(step("idle").value == 4);
  CHECK(step("quality").note == "good");
  CHECK(step("feedback_age_s").note == "the endpoint has told nothing yet");
  CHECK(step("algorithm").note == "SUPER_PROGRESSIVE");
  CHECK(step("information").note == "memoryless");
  CHECK(step("information").value == 2);
  CHECK(step("risk_at_m").value == d.explanation.risk_at_m);
  CHECK(step("m").value == d.m);
  CHECK(step("state").note == "degraded");

  in.feedback_age_s = 100;
  const auto late = explain("t", in, {}, pacing.decide(in, {}, {}, 0.5, 2));
  for (const auto& each : late.steps)
    if (each.name == "feedback_age_s") CHECK(each.note == "it stopped: what is pending is a guess");
}

}  // namespace paceline::test
