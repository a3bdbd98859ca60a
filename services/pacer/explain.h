// A decision in words and numbers, for `pacelinectl explain`, `what-if` and `decide`. Names, units
// and meanings are those of common/wire/explanation.h.
#pragma once

#include <array>
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

/// What a reason means, as a sentence for the operator.
std::string_view sentence_of(PaceReason reason);

std::string_view to_string(PacingInformation information);

/// Every input, option, estimate, step and result of a decision, in that order.
Explanation explain(std::string_view target, const PacingInputs& inputs,
                    const PacingOptions& options, const Decision& decision);

}  // namespace paceline::pacer
