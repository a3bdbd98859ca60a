// A decision in words and figures, for `pacelinectl explain` and `decide`. README.md lists every
// figure.
#pragma once

#include <string>
#include <string_view>

#include "services/pacer/pacing.h"

namespace paceline::pacer {

/// What a reason means, as a sentence for the operator.
std::string_view sentence_of(PaceReason reason);

std::string_view to_string(PacingInformation information);

/// Every input, option, estimate, step and result of a decision, in that order.
Explanation explain(std::string_view target, const PacingInputs& inputs,
                    const PacingOptions& options, const Decision& decision);

}  // namespace paceline::pacer
