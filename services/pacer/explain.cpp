#include "services/pacer/explain.h"

#include <algorithm>
#include <cmath>

namespace paceline::pacer {
namespace {

class Steps {
 public:
  explicit Steps(Explanation& into) : into_{into} {}

  void group(std::string_view name) { group_ = name; }
  void add(std::string_view name, double value, std::string_view unit = "",
           std::string_view note = "") {
    const double finite =
        std::isnan(value) ? 0 : std::clamp(value, -1e300, 1e300);  // As the wire has it.
    into_.steps.push_back(
        {std::string{name}, finite, std::string{unit}, std::string{group_}, std::string{note}});
  }
  void add_count(std::string_view name, std::uint64_t value) {
    add(name, static_cast<double>(value), "interactions");
  }

 private:
  Explanation& into_;
  std::string_view group_;
};

void add_inputs(Steps& steps, const PacingInputs& in) {
  steps.group("input");
  steps.add("quality", static_cast<double>(in.quality), "", to_string(in.quality));
  steps.add("stat_age_s", in.stat_age_s, "s");
  steps.add("logged_in", in.logged_in, "agents");
  steps.add("idle", in.idle, "slots");
  steps.add("busy", in.busy, "slots");
  steps.add("wrap_up", in.wrap_up, "slots");
  steps.add("queue", in.queue, "interactions");
  steps.add_count("entered", in.entered);
  steps.add_count("answered", in.answered);
  steps.add_count("abandoned", in.abandoned);
  steps.add("handling_time_s", in.handling_time_s, "s");
  steps.add("feedback_age_s", in.feedback_age_s, "s",
            in.feedback_age_s < 0 ? "the endpoint has told nothing yet" : "");
  steps.add_count("sent", in.proactive.sent);
  steps.add_count("accepted", in.proactive.accepted);
  steps.add_count("rejected", in.proactive.rejected);
  steps.add_count("timed_out", in.proactive.timed_out);
  steps.add_count("proactive_answered", in.proactive.answered);
  steps.add_count("proactive_abandoned", in.proactive.abandoned);
}

void add_options(Steps& steps, const PacingOptions& options) {
  steps.group("option");
  steps.add("algorithm", static_cast<double>(options.algorithm), "", to_string(options.algorithm));
  steps.add("optimization_target", static_cast<double>(options.optimization_target), "",
            to_string(options.optimization_target));
  steps.add("optimization_goal", options.optimization_goal, "percent");
  steps.add("proactive_ratio", options.proactive_ratio, "percent");
  steps.add("refresh_period_s", to_seconds(options.refresh_period), "s");
}

void add_figures(Steps& steps, const PacingFigures& f) {
  steps.group("estimate");
  steps.add("information", static_cast<double>(f.information), "", to_string(f.information));
  steps.add("acceptance", f.acceptance);
  steps.add("answer_delay_s", f.answer_delay_s, "s");
  steps.add("service_s", f.service_s, "s");
  steps.add("wrap_up_s", f.wrap_up_s, "s");
  steps.add("patience_s", f.patience_s, "s");
  steps.add("reactive_rate", f.reactive_rate, "1/s");
  steps.add("proactive_abandonment", f.proactive_abandonment);
  steps.add("reactive_abandonment", f.reactive_abandonment);
  steps.add("reactive_unserved", f.reactive_unserved);
  steps.add("outcomes", f.outcomes, "interactions");
  steps.add("occupancy", f.occupancy);
  steps.add("busy_factor", f.busy_factor);
  steps.group("step");
  steps.add("slots", f.slots, "slots");
  steps.add("expected_free", f.expected_free, "slots");
  steps.add("expected_free_sd", f.expected_free_sd, "slots");
  steps.add("expected_reactive", f.expected_reactive, "interactions");
  steps.add("aggressiveness", f.aggressiveness);
  steps.add("aggressiveness_reactive", f.aggressiveness_reactive);
  steps.add("aggressiveness_used", f.aggressiveness_used);
  steps.add("displaced", f.displaced, "interactions");
  steps.add("displaced_allowed", f.displaced_allowed);
  steps.add("budget_excess", f.budget_excess, "interactions");
  steps.add("closing_excess", f.closing_excess, "interactions");
  steps.add("risk_allowed", f.risk_allowed);
  steps.add("risk_at_m", f.risk_at_m);
  steps.add("m_model", f.m_model, "invitations");
  steps.add("m_ceiling", f.m_ceiling, "invitations");
  steps.add("integral", f.integral);
  steps.add("uniform", f.uniform);
  steps.add("pending", f.pending, "invitations");
  steps.add("unseen", f.unseen, "invitations");
}

}  // namespace

std::string_view sentence_of(PaceReason reason) {
  switch (reason) {
    case PaceReason::granted:
      return "Invitations go out; nothing is withheld but what the goal asks for.";
    case PaceReason::no_agents:
      return "Nobody is logged in.";
    case PaceReason::no_idle_expected:
      return "No agent is free, or expected to be, before an answer could come.";
    case PaceReason::pending_enough:
      return "As many invitations are outstanding as may be.";
    case PaceReason::goal_guard:
      return "The closed loop holds back to keep the abandonment goal.";
    case PaceReason::ratio_cap:
      return "proactiveRatio leaves no more of the capacity to proactive traffic.";
    case PaceReason::warm_up:
      return "Too few answers are known yet: no more invitations than free agents.";
    case PaceReason::ceiling:
      return "The hard ceiling of outstanding invitations per agent is reached.";
    case PaceReason::growth_cap:
      return "The number may not grow faster in one refresh.";
    case PaceReason::fast_cut:
      return "A burst of abandonment in the last minutes halved the number.";
    case PaceReason::stale_statistics:
      return "The statistics are older than the bound.";
    case PaceReason::not_visible:
      return "The Stat Server does not see the target.";
    case PaceReason::disabled:
      return "Switched off by the option `enabled`.";
  }
  return "";
}

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
                    const PacingOptions& options, const Decision& decision) {
  Explanation explanation{.target = std::string{target},
                          .reason = decision.reason,
                          .sentence = std::string{sentence_of(decision.reason)},
                          .steps = {}};
  explanation.steps.reserve(64);
  Steps steps{explanation};
  add_inputs(steps, inputs);
  add_options(steps, options);
  add_figures(steps, decision.figures);
  steps.group("result");
  steps.add("state", static_cast<double>(decision.state), "", to_string(decision.state));
  steps.add("m", decision.m, "invitations");
  steps.add("max_pending", decision.max_pending, "invitations");
  steps.add("invitations", decision.invitations, "invitations");
  steps.add("reactive", decision.reactive, "slots");
  steps.add("reactive_state", decision.reactive_state);
  steps.add("reactive_demand", decision.reactive_demand, "interactions");
  steps.add("predicted_wait_s", decision.predicted_wait_s, "s");
  return explanation;
}

}  // namespace paceline::pacer
