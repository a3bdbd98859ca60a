// What becomes of a decision beyond its pacer, told in the same sentence: a pause, or another node that is master. The
// page and `pacelinectl explain` both show what this makes of it.
//
// Pure.
#pragma once

#include "common/wire/answers.h"
#include "common/wire/control.h"

namespace paceline::watch {

/// Before the pacer's sentence a pause, which becomes the reason of what would be paced without it; behind it whose
/// decision is published, if not that of status.node.
void tell_standing(Explanation& explanation, const StatusAnswer& status);

}  // namespace paceline::watch
