// A decision in words and numbers, for `pacelinectl explain`, `what-if` and `decide`. Names, units
// and meanings are those of common/wire/explanation.h.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "common/wire/explanation.h"
#include "services/pacer/pacing.h"

namespace paceline::pacer {

/// The estimates and steps of a decision by their names, in the order in which they are told;
/// `information`, which is a word, comes before them.
struct ExplainedMember {
  ExplanationName name;
  double DecisionExplanation::*member;
};

inline constexpr auto explained_members = std::to_array<ExplainedMember>({
    {"acceptance", &DecisionExplanation::acceptance},
    {"answer_delay_s", &DecisionExplanation::answer_delay_s},
    {"service_s", &DecisionExplanation::service_s},
    {"wrap_up_s", &DecisionExplanation::wrap_up_s},
    {"patience_s", &DecisionExplanation::patience_s},
    {"reactive_rate", &DecisionExplanation::reactive_rate},
    {"hidden_lag_s", &DecisionExplanation::hidden_lag_s},
    {"proactive_abandonment", &DecisionExplanation::proactive_abandonment},
    {"reactive_abandonment", &DecisionExplanation::reactive_abandonment},
    {"reactive_unserved", &DecisionExplanation::reactive_unserved},
    {"outcomes", &DecisionExplanation::outcomes},
    {"occupancy", &DecisionExplanation::occupancy},
    {"busy_factor", &DecisionExplanation::busy_factor},
    {"slots", &DecisionExplanation::slots},
    {"expected_free", &DecisionExplanation::expected_free},
    {"expected_free_sd", &DecisionExplanation::expected_free_sd},
    {"expected_reactive", &DecisionExplanation::expected_reactive},
    {"aggressiveness", &DecisionExplanation::aggressiveness},
    {"aggressiveness_reactive", &DecisionExplanation::aggressiveness_reactive},
    {"aggressiveness_used", &DecisionExplanation::aggressiveness_used},
    {"displaced", &DecisionExplanation::displaced},
    {"displaced_allowed", &DecisionExplanation::displaced_allowed},
    {"budget_excess", &DecisionExplanation::budget_excess},
    {"closing_excess", &DecisionExplanation::closing_excess},
    {"risk_allowed", &DecisionExplanation::risk_allowed},
    {"risk_at_m", &DecisionExplanation::risk_at_m},
    {"m_model", &DecisionExplanation::m_model},
    {"m_ceiling", &DecisionExplanation::m_ceiling},
    {"integral", &DecisionExplanation::integral},
    {"uniform", &DecisionExplanation::uniform},
    {"pending", &DecisionExplanation::pending},
    {"unseen", &DecisionExplanation::unseen},
});

/// Those of a target that shares its agents, told after the results.
inline constexpr auto explained_pool_members = std::to_array<ExplainedMember>({
    {"pool_members", &DecisionExplanation::pool_members},
    {"shared_agents", &DecisionExplanation::shared_agents},
    {"others_queue", &DecisionExplanation::others_queue},
    {"others_pending", &DecisionExplanation::others_pending},
    {"own_correction", &DecisionExplanation::own_correction},
});

/// Those of the windows in which the goal is kept, and of who counts in them; told after the others.
inline constexpr auto window_members = std::to_array<ExplainedMember>({
    {"window_age_s", &DecisionExplanation::window_age_s},
    {"window_length_s", &DecisionExplanation::window_length_s},
    {"rolling_outcomes", &DecisionExplanation::rolling_outcomes},
    {"rolling_abandonment", &DecisionExplanation::rolling_abandonment},
    {"rolling_excess", &DecisionExplanation::rolling_excess},
    {"service_level", &DecisionExplanation::service_level},
    {"late", &DecisionExplanation::late},
    {"short_abandonment", &DecisionExplanation::brief},
});

std::string_view to_string(PacingInformation information);

/// Agents that a target seems to share, by counts that change together (overlap.h).
struct SeenOverlap {
  std::string with;      // Of all such targets the one that has most of its agents.
  std::size_t more = 0;  // Others beside that one.
  double share = 0;      // [0..1] of its own agents.
  double certainty = 0;  // [standard deviations, >= 0]
  bool is_used = false;  // It is decided by; else it is told alone.
};

/// Every input, option, estimate, step and result of a decision, in that order; then those of its
/// pool, if it has one, and of the overlap that is seen.
///   options   that were in force: of a pool those with its goal
///   goal_of   whose goal that is, where it is another target's
Explanation explain(std::string_view target, const PacingInputs& inputs,
                    const PacingOptions& options, const Decision& decision,
                    std::string_view goal_of = "", const std::optional<SeenOverlap>& seen = {});

}  // namespace paceline::pacer
