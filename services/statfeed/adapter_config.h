// statfeed's settings with what stands in other files: targets, secrets.
#pragma once

#include "services/statfeed/config.h"

namespace paceline::statfeed {

/// parse_statfeed_config(), then reads what it names.
///   errors   as there; not_found, too_large, bad_value: a file that is missing or holds no secret, named
Result<StatfeedConfig> read_statfeed_config(Place& place);

}  // namespace paceline::statfeed
