#include "services/pacer/explain.h"

#include <algorithm>
#include <cmath>

#include "services/pacer/explain_sentence.h"

namespace paceline::pacer {
namespace {

class Steps {
 public:
  explicit Steps(Explanation& into) : into_{into} {}

  void add(ExplanationName name, double value, std::string_view note = "") {
    const ExplanationField& field = name.field();
    const double finite =
        std::isnan(value) ? 0 : std::clamp(value, -1e300, 1e300);  // As the wire has it.
    into_.steps.push_back({std::string{field.name}, finite, std::string{field.unit},
                           std::string{field.section}, std::string{note}});
  }
  void add_count(ExplanationName name, std::uint64_t value) {
    add(name, static_cast<double>(value));
  }

 private:
  Explanation& into_;
};

std::string_view note_on_feedback(const PacingInputs& in, const Decision& decision) {
  if (in.feedback_age_s < 0) return "the endpoint has told nothing yet";
  return decision.feedback_late ? "it stopped: what is pending is a guess" : "";
}

// Which of the two windows' budgets holds invitations back more.
std::string_view note_on_budget(ExplanationName name, const PacingOptions& options,
                                const DecisionExplanation& why) {
  if (options.rolling_days == 0) return "";
  if (name.field().name == "budget_excess" && !why.rolling_binds)
    return "the tighter budget: the day's";
  if (name.field().name == "rolling_excess" && why.rolling_binds)
    return "the tighter budget: the rolling window's";
  return "";
}

std::string note_on_idle(const PacingInputs& in, const Decision& decision) {
  const long absent = std::lround(decision.not_answering);
  return absent > 0 ? std::to_string(absent) + " of them take nothing from the queue"
                    : std::string{note_on(in.slots_from)};
}

void add_inputs(Steps& steps, const PacingInputs& in, const Decision& decision) {
  steps.add("quality", static_cast<double>(in.quality), to_string(in.quality));
  steps.add("stat_age_s", in.stat_age_s);
  steps.add("logged_in", in.logged_in);
  steps.add("idle", in.idle, note_on_idle(in, decision));
  steps.add("busy", in.busy);
  steps.add("wrap_up", in.wrap_up);
  steps.add("queue", in.queue);
  steps.add_count("entered", in.entered);
  steps.add_count("answered", in.answered);
  steps.add_count("abandoned", in.abandoned);
  steps.add("handling_time_s", in.handling_time_s);
  steps.add("feedback_age_s", in.feedback_age_s, note_on_feedback(in, decision));
  steps.add_count("sent", in.proactive.sent);
  steps.add_count("accepted", in.proactive.accepted);
  steps.add_count("rejected", in.proactive.rejected);
  steps.add_count("timed_out", in.proactive.timed_out);
  steps.add_count("proactive_answered", in.proactive.answered);
  steps.add_count("proactive_abandoned", in.proactive.abandoned);
}

void add_options(Steps& steps, const PacingOptions& options) {
  steps.add("algorithm", static_cast<double>(options.algorithm), to_string(options.algorithm));
  steps.add("optimization_target", static_cast<double>(options.optimization_target),
            to_string(options.optimization_target));
  steps.add("optimization_goal", options.optimization_goal);
  steps.add("proactive_ratio", options.proactive_ratio);
  steps.add("refresh_period_s", to_seconds(options.refresh_period));
  steps.add("time_zone", options.time_zone.is_utc() ? 0 : 1, options.time_zone.name());
  steps.add("day_begins_h", static_cast<double>(options.day_begins.count()) / 60);
  steps.add("rolling_days", options.rolling_days);
  steps.add("service_level_seconds", options.service_level_seconds);
  steps.add("abandonment_threshold", options.abandonment_threshold);
}

void add_result(Steps& steps, const Decision& decision) {
  steps.add("state", static_cast<double>(decision.state), to_string(decision.state));
  steps.add("m", decision.m);
  steps.add("max_pending", decision.max_pending);
  steps.add("invitations", decision.invitations);
  steps.add("reactive", decision.reactive);
  steps.add("reactive_state", decision.reactive_state);
  steps.add("reactive_demand", decision.reactive_demand);
  steps.add("predicted_wait_s", decision.predicted_wait_s);
}

void add_overlap(Steps& steps, const SeenOverlap& seen) {
  steps.add(
      "overlap_share", seen.share,
      seen.more == 0 ? seen.with : seen.with + ", and " + std::to_string(seen.more) + " more");
  steps.add("overlap_certainty", seen.certainty,
            seen.is_used ? "decided by" : "not decided by: pool_detection is not use");
}

}  // namespace

std::string_view to_string(PacingInformation information) {
  switch (information) {
    case PacingInformation::reconstructed:
      return "reconstructed";
    case PacingInformation::memoryless:
      return "memoryless";
  }
  return "";
}

Explanation explain(std::string_view target, const PacingInputs& inputs,
                    const PacingOptions& options, const Decision& decision,
                    std::string_view goal_of, const std::optional<SeenOverlap>& seen) {
  Explanation explanation{.target = std::string{target},
                          .reason = decision.reason,
                          .sentence = sentence_of(inputs, options, decision),
                          .steps = {}};
  explanation.steps.reserve(explanation_fields.size());
  Steps steps{explanation};
  add_inputs(steps, inputs, decision);
  add_options(steps, options);
  const DecisionExplanation& why = decision.explanation;
  steps.add("information", static_cast<double>(why.information), to_string(why.information));
  for (const ExplainedMember& each : explained_members)
    steps.add(each.name, why.*each.member, note_on_budget(each.name, options, why));
  for (const ExplainedMember& each : window_members)
    steps.add(each.name, why.*each.member, note_on_budget(each.name, options, why));
  add_result(steps, decision);
  if (why.pool_members > 0) {
    for (const ExplainedMember& each : explained_pool_members)
      steps.add(each.name, why.*each.member);
    steps.add("pool_goal", options.optimization_goal,
              goal_of.empty() ? "" : "the goal of " + std::string{goal_of});
  }
  if (seen) add_overlap(steps, *seen);
  return explanation;
}

}  // namespace paceline::pacer
