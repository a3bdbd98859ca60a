#include "services/pacer/explain.h"

#include <cmath>
#include <map>

#include "services/pacer/explain_sentence.h"
#include "tests/pacer/ten_agents.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;

TEST_CASE("an explanation tells every described value once, in the order of the list", "[pacer]") {
  TargetPacing pacing;
  PacingInputs in = ten_agents(4);
  in.others.members = 2;

  const auto explanation =
      explain("t", in, {}, pacing.decide(in, {}, {}, 0.5, 1), "", SeenOverlap{.with = "u"});

  REQUIRE(explanation.steps.size() == explanation_fields.size());
  for (std::size_t i = 0; i < explanation_fields.size(); ++i) {
    const ExplanationField& field = explanation_fields[i];
    CHECK(explanation.steps[i].name == field.name);
    CHECK(explanation.steps[i].unit == field.unit);
    CHECK(explanation.steps[i].group == field.section);
    for (std::size_t j = 0; j < i; ++j) CHECK(explanation_fields[j].name != field.name);
  }
}

TEST_CASE("a target without a pool is told nothing of one, a member whose goal is in force",
          "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  PacingInputs in = ten_agents(4);
  const auto alone = explain("t", in, {}, pacing.decide(in, {}, {}, 0.5, 1));
  in.others = {.queue = 1.5, .pending = 2.25, .correction = -0.5, .shared_agents = 8, .members = 3};

  const auto shared = explain("t", in, {}, pacing.decide(in, {}, {}, 0.5, 2), "sales");

  for (const auto& step : alone.steps) CHECK(step.group != "pool");
  std::map<std::string, std::pair<double, std::string>> pool;
  for (const auto& step : shared.steps)
    if (step.group == "pool") pool[step.name] = {step.value, step.note};
  CHECK(pool == std::map<std::string, std::pair<double, std::string>>{
                    {"pool_members", {3, ""}},
                    {"shared_agents", {8, ""}},
                    {"others_queue", {1.5, ""}},
                    {"others_pending", {2.25, ""}},
                    {"own_correction", {-0.5, ""}},
                    {"pool_goal", {3, "the goal of sales"}}});
}

TEST_CASE("of agents that seem shared it is told with whom, how many of them and how surely",
          "[pacer]") {
  TargetPacing pacing{without_warm_up()};
  const PacingInputs in = ten_agents(4);
  const Decision d = pacing.decide(in, {}, {}, 0.5, 1);
  const auto told = [&](const SeenOverlap& seen) {
    std::map<std::string, std::pair<double, std::string>> pool;
    for (const auto& step : explain("t", in, {}, d, "", seen).steps)
      if (step.group == "pool") pool[step.name] = {step.value, step.note};
    return pool;
  };

  CHECK(told({.with = "help", .share = 0.7, .certainty = 6.5, .is_used = true}) ==
        std::map<std::string, std::pair<double, std::string>>{
            {"overlap_share", {0.7, "help"}}, {"overlap_certainty", {6.5, "decided by"}}});
  const auto warned = told({.with = "help", .more = 2, .share = 0.7, .certainty = 6.5});
  CHECK(warned.at("overlap_share").second == "help, and 2 more");
  CHECK(warned.at("overlap_certainty").second == "not decided by: pool_detection is not use");
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
  CHECK(explanation.sentence == sentence_of(in, {}, d));
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

TEST_CASE("every number of an explanation is the one that it names", "[pacer]") {
  PacingInputs in{.quality = StatQuality::provisional,
                  .stat_age_s = 1,
                  .logged_in = 2,
                  .idle = 3,
                  .busy = 4,
                  .wrap_up = 5,
                  .queue = 6,
                  .entered = 7,
                  .answered = 8,
                  .abandoned = 9,
                  .handling_time_s = 10,
                  .proactive = {.sent = 11,
                                .accepted = 12,
                                .rejected = 13,
                                .timed_out = 14,
                                .answered = 15,
                                .abandoned = 16,
                                .pending = 17},
                  .feedback_age_s = 18};
  const PacingOptions options{.algorithm = Algorithm::predictive_b,
                              .optimization_target = OptimizationTarget::busy_factor,
                              .optimization_goal = 80,
                              .proactive_ratio = 30,
                              .refresh_period = 500ms};
  Decision d{{.state = PaceState::degraded,
              .reason = PaceReason::ceiling,
              .invitations = 21,
              .max_pending = 22,
              .m = 23,
              .reactive = 24,
              .reactive_state = 0.25,
              .reactive_demand = 26,
              .predicted_wait_s = 27}};
  d.explanation.information = PacingInformation::reconstructed;
  double next = 100;
  for (const auto& each : explained_members) d.explanation.*each.member = next++;
  for (const auto& each : window_members) d.explanation.*each.member = next++;

  const auto explanation = explain("sales", in, options, d);

  std::map<std::string, double> values;
  std::map<std::string, std::string> notes;
  for (const auto& step : explanation.steps) {
    values[step.name] = step.value;
    if (!step.note.empty()) notes[step.name] = step.note;
  }
  std::map<std::string, double> expected = {{"quality", 2},
                                            {"stat_age_s", 1},
                                            {"logged_in", 2},
                                            {"idle", 3},
                                            {"busy", 4},
                                            {"wrap_up", 5},
                                            {"queue", 6},
                                            {"entered", 7},
                                            {"answered", 8},
                                            {"abandoned", 9},
                                            {"handling_time_s", 10},
                                            {"feedback_age_s", 18},
                                            {"sent", 11},
                                            {"accepted", 12},
                                            {"rejected", 13},
                                            {"timed_out", 14},
                                            {"proactive_answered", 15},
                                            {"proactive_abandoned", 16},
                                            {"algorithm", 2},
                                            {"optimization_target", 1},
                                            {"optimization_goal", 80},
                                            {"proactive_ratio", 30},
                                            {"refresh_period_s", 0.5},
                                            {"time_zone", 0},
                                            {"day_begins_h", 0},
                                            {"rolling_days", 0},
                                            {"service_level_seconds", 20},
                                            {"abandonment_threshold", 0},
                                            {"information", 1},
                                            {"state", static_cast<double>(PaceState::degraded)},
                                            {"m", 23},
                                            {"max_pending", 22},
                                            {"invitations", 21},
                                            {"reactive", 24},
                                            {"reactive_state", 0.25},
                                            {"reactive_demand", 26},
                                            {"predicted_wait_s", 27}};
  next = 100;
  for (const auto& each : explained_members) expected[std::string{each.name.field().name}] = next++;
  for (const auto& each : window_members) expected[std::string{each.name.field().name}] = next++;
  CHECK(values == expected);
  CHECK(notes == std::map<std::string, std::string>{{"quality", "provisional"},
                                                    {"algorithm", "PREDICTIVE_B"},
                                                    {"optimization_target", "BUSY_FACTOR"},
                                                    {"time_zone", "UTC"},
                                                    {"information", "reconstructed"},
                                                    {"state", "degraded"}});
  CHECK(explanation.target == "sales");
  CHECK(explanation.reason == PaceReason::ceiling);
}

TEST_CASE("no number of an explanation is endless or none", "[pacer]") {
  Decision d{{.m = 1e308, .predicted_wait_s = std::nan("")}};
  d.explanation.integral = -INFINITY;
  PacingInputs never;
  never.feedback_age_s = 0;

  const auto explanation = explain("t", never, {}, d);

  for (const auto& step : explanation.steps) {
    if (step.name == "m") CHECK(step.value == 1e300);
    if (step.name == "predicted_wait_s") CHECK(step.value == 0);
    if (step.name == "integral") CHECK(step.value == -1e300);
    if (step.name == "feedback_age_s") CHECK(step.note.empty());
  }
}

TEST_CASE("an explanation says which of two windows has the tighter budget", "[pacer]") {
  PacingOptions options;
  options.rolling_days = 7;
  Decision d;
  d.explanation.rolling_binds = true;
  const auto note = [&](std::string_view name) {
    for (const auto& step : explain("t", ten_agents(4), options, d).steps)
      if (step.name == name) return step.note;
    return std::string{};
  };
  CHECK(note("rolling_excess") == "the tighter budget: the rolling window's");
  CHECK(note("budget_excess").empty());

  d.explanation.rolling_binds = false;
  CHECK(note("rolling_excess").empty());
  CHECK(note("budget_excess") == "the tighter budget: the day's");
}

}  // namespace paceline::test
