// A row of the table as the structure that watch answers with (common/wire/answers.h).
#pragma once

#include "common/wire/answers.h"
#include "services/watch/target_table.h"

namespace paceline::watch {

TargetAnswer target_answer(const TargetRow& row);

}  // namespace paceline::watch
