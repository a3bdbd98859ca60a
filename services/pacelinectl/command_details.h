// What --help and the man page say of a command beyond one line: how to read the answer, examples.
#pragma once

#include <string_view>

namespace paceline::pacelinectl {

/// "" for a command that needs no more words. `command` is its whole name: "topology check".
std::string_view details_of(std::string_view command);

}  // namespace paceline::pacelinectl
