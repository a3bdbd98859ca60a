// The publisher's settings with what stands in other files: targets, client secret, boot id.
#pragma once

#include "services/publisher/config.h"

namespace paceline::publisher {

/// parse_publisher_config(), then reads what it names.
///   errors   as there; not_found: a file or variable is missing or empty, named
Result<PublisherConfig> read_publisher_config(Place& place);

}  // namespace paceline::publisher
