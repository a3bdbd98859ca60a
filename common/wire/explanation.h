// The values of an explanation, each described once: what `pacelinectl explain`, `what-if`,
// `decide` and the page call it, its unit, and what it means. The pacer binds them to its members
// (services/pacer/explain.cpp); the order is that of the answer.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace paceline {

struct ExplanationField {
  std::string_view name;     // snake_case, unique.
  std::string_view unit;     // "" = a pure number or a word.
  std::string_view section;  // One of explanation_sections.
  std::string_view meaning;  // For people; "" where the name says it.
  bool share = false;        // [0..1], shown as per cent.
};

struct ExplanationSection {
  std::string_view name;
  std::string_view title;
};

inline constexpr std::array<ExplanationSection, 6> explanation_sections = {{
    {"input", "1. What is known"},
    {"option", "2. How it is to be paced"},
    {"estimate", "3. What was learned"},
    {"step", "4. How it was decided"},
    {"result", "5. What came of it"},
    {"pool", "6. Who shares its agents"},  // Of targets that share them, or seem to, alone.
}};

inline constexpr auto explanation_fields = std::to_array<ExplanationField>({
    {"quality", "", "input", "how far the statistics may be trusted"},
    {"stat_age_s", "s", "input", "since the statistics were true"},
    {"logged_in", "agents", "input", "agents of the group"},
    {"idle", "slots", "input", "free now"},
    {"busy", "slots", "input", "handling an interaction"},
    {"wrap_up", "slots", "input", "in after-call work"},
    {"queue", "interactions", "input", "interactions waiting, whoever began them"},
    {"entered", "interactions", "input", "came into the queue, since statfeed started"},
    {"answered", "interactions", "input", "of them taken by an agent"},
    {"abandoned", "interactions", "input", "of them left the queue"},
    {"handling_time_s", "s", "input", "AverageHandlingTime of the Stat Server"},
    {"feedback_age_s", "s", "input", "since the endpoint told what became of invitations"},
    {"sent", "interactions", "input", "invitations, since the endpoint began to count"},
    {"accepted", "interactions", "input", "of them answered yes"},
    {"rejected", "interactions", "input", "of them answered no"},
    {"timed_out", "interactions", "input", "of them never answered"},
    {"proactive_answered", "interactions", "input", "accepted and taken by an agent"},
    {"proactive_abandoned", "interactions", "input", "accepted and left the queue"},

    {"algorithm", "", "option", ""},
    {"optimization_target", "", "option", ""},
    {"optimization_goal", "percent", "option",
     "abandonment no more than; busy factor or service level no less than"},
    {"proactive_ratio", "percent", "option", "of the capacity for proactive traffic; _DUAL only"},
    {"refresh_period_s", "s", "option", "between two decisions"},
    {"time_zone", "", "option", "in whose days the goal is kept"},
    {"day_begins_h", "h", "option", "after local midnight"},
    {"rolling_days", "days", "option", "in a row, today the last, that keep the goal too"},
    {"service_level_seconds", "s", "option", "to be answered within; SERVICE_LEVEL only"},
    {"abandonment_threshold", "s", "option", "who leaves sooner does not count"},

    {"information", "", "estimate", "how the ends of running interactions are foreseen"},
    {"acceptance", "", "estimate", "of invitations", true},
    {"answer_delay_s", "s", "estimate", "from an invitation to its answer, mean"},
    {"service_s", "s", "estimate", "an interaction, mean"},
    {"wrap_up_s", "s", "estimate", "its after-call work, mean"},
    {"patience_s", "s", "estimate", "in the queue before leaving, mean"},
    {"reactive_rate", "1/s", "estimate", "arrivals that no invitation caused"},
    {"hidden_lag_s", "s", "estimate", "by which the statistics are older than they claim"},
    {"proactive_abandonment", "", "estimate", "over the accounting window", true},
    {"reactive_abandonment", "", "estimate", "over the accounting window", true},
    {"reactive_unserved", "", "estimate",
     "of it without any invitation, over two weeks; _DUAL only", true},
    {"outcomes", "interactions", "estimate", "proactive ones that ended, in the window"},
    {"occupancy", "", "estimate", "busy or in wrap-up, smoothed", true},
    {"busy_factor", "", "estimate", "busy, smoothed", true},

    {"slots", "slots", "step", "interactions the agents may hold at once"},
    {"expected_free", "slots", "step", "not free now, but expected to be when an answer may come"},
    {"expected_free_sd", "slots", "step", "how sure that is: standard deviation"},
    {"expected_reactive", "interactions", "step", "arrivals by themselves until then; _DUAL only"},
    {"aggressiveness", "", "step", "of the closed loop: logarithm of the risk one more may bear"},
    {"aggressiveness_reactive", "", "step", "the same for reactive traffic; _DUAL only"},
    {"aggressiveness_used", "", "step", "after the guards"},
    {"displaced", "interactions", "step",
     "reactive ones who gave up for invited ones, in the window; _DUAL only"},
    {"displaced_allowed", "", "step", "of the reactive ones, that may; _DUAL only", true},
    {"budget_excess", "interactions", "step",
     "abandoned beyond what the goal allows in the window"},
    {"closing_excess", "interactions", "step",
     "expected beyond it when the window closes, made good before"},
    {"risk_allowed", "", "step", "chance to abandon that the last invitation may have", true},
    {"risk_at_m", "", "step", "chance that it has", true},
    {"m_model", "invitations", "step", "that may be outstanding, before the guards"},
    {"m_ceiling", "invitations", "step", "never more than these"},
    {"integral", "", "step", "of the busy-factor loop"},
    {"uniform", "", "step", "the draw that dithers"},
    {"pending", "invitations", "step", "outstanding now, as estimated"},
    {"unseen", "invitations", "step", "accepted since the statistics were true"},
    {"window_age_s", "s", "step", "since the accounting window, the day, began"},
    {"window_length_s", "s", "step", "from its beginning to its end"},
    {"rolling_outcomes", "interactions", "step",
     "proactive ones that ended, in the rolling window"},
    {"rolling_abandonment", "", "step", "of them", true},
    {"rolling_excess", "interactions", "step", "abandoned beyond what the goal allows there"},
    {"service_level", "", "step", "answered in time, in the window; SERVICE_LEVEL only", true},
    {"late", "interactions", "step", "answered, but not in time, as estimated from the counts"},
    {"short_abandonment", "interactions", "step",
     "left too soon to count, as estimated from the counts"},

    {"state", "", "result", ""},
    {"m", "invitations", "result", "that may be outstanding, before it is rounded"},
    {"max_pending", "invitations", "result", "that may be outstanding"},
    {"invitations", "invitations", "result", "new ones that may go out now"},
    {"reactive", "slots", "result", "left for reactive traffic"},
    {"reactive_state", "", "result", "chance that a reactive engagement be allowed", true},
    {"reactive_demand", "interactions", "result", "arrivals expected until an answer may come"},
    {"predicted_wait_s", "s", "result", "of a visitor who accepts now"},

    {"pool_members", "", "pool", "targets that share agents with it, and itself"},
    {"shared_agents", "agents", "pool", "of its own that another target has as well"},
    {"others_queue", "interactions", "pool", "of theirs that wait for its agents"},
    {"others_pending", "invitations", "pool",
     "of theirs outstanding that fall on its agents, as so many of its own"},
    {"own_correction", "", "pool", "of the aggressiveness, for its own abandonment"},
    {"pool_goal", "percent", "pool", "in force: the strictest of its kind in the pool"},
    {"overlap_share", "", "pool",
     "of its own agents, that another target is seen to have as well though nothing tells it",
     true},
    {"overlap_certainty", "standard deviations", "pool", "that this is from chance; found above 4"},
});

namespace detail {

/// explanation_fields.size() for a name that is not known.
constexpr std::size_t explanation_index(std::string_view name) {
  std::size_t at = 0;
  while (at < explanation_fields.size() && explanation_fields[at].name != name) ++at;
  return at;
}

}  // namespace detail

/// The description of that name; null for a name that is not known.
constexpr const ExplanationField* find_explanation_field(std::string_view name) {
  const std::size_t at = detail::explanation_index(name);
  return at < explanation_fields.size() ? &explanation_fields[at] : nullptr;
}

/// A name that stands in the list: any other does not compile.
class ExplanationName {
 public:
  consteval ExplanationName(const char* name) : at_{detail::explanation_index(name)} {
    if (at_ == explanation_fields.size()) throw "no such field";
  }

  constexpr const ExplanationField& field() const { return explanation_fields[at_]; }

 private:
  std::size_t at_;
};

}  // namespace paceline
