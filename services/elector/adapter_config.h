// The elector's settings with what the host itself says: its boot id.
#pragma once

#include "services/elector/config.h"

namespace paceline::elector {

/// parse_elector_config() and the boot id.
///   errors   as there; not_found: the kernel names no boot id
Result<ElectorConfig> read_elector_config(Place& place);

}  // namespace paceline::elector
