// A decision as one sentence for the operator, with the numbers in it: what the page, `pacelinectl explain` and `what-if`
// show before the table, and the only place where its words stand.
//
//   "3 free, 2.1 more expected within 9 s, 4 invitations out, of which 1.2 will be accepted: two more may go."
//
// Pure.
#pragma once

#include <string>

#include "services/pacer/pacing.h"

namespace paceline::pacer {

/// What was known and foreseen, then what came of it by the decision's reason. Where nothing was computed, as the
/// statistics are too old or nobody is logged in, only that and its numbers. Ends with a full stop.
///   inputs, options   as the decision had them
std::string sentence_of(const PacingInputs& inputs, const PacingOptions& options,
                        const Decision& decision);

}  // namespace paceline::pacer
