// What comes on standard input.
#pragma once

#include <string>

#include "services/pacelinectl/environment.h"

namespace paceline::pacelinectl {

/// One line, without its end.
///   errors   too_large: over 4096 bytes; unavailable: the input ended before the line did
Result<std::string> read_line(Environment& environment);

/// All of it.
///   errors   too_large: over `most` bytes
Result<std::string> read_whole_input(Environment& environment, std::size_t most);

}  // namespace paceline::pacelinectl
