// watch's settings with what stands in other files: targets, tokens, the names in the certificate.
#pragma once

#include "services/watch/config.h"

namespace paceline::watch {

/// parse_watch_config(), then reads what it names.
///   errors   as there; not_found, too_large, bad_value: a file that is missing or holds no token, named;
///            the two tokens are the same
Result<WatchConfig> read_watch_config(Place& place);

}  // namespace paceline::watch
