// The command line: options, commands, help.
#pragma once

#include <variant>

#include "services/pacelinectl/request.h"

namespace paceline::pacelinectl {

/// A request, or what to say and how to exit instead: help, or what is wrong with the command line.
/// PACELINE_TOPOLOGY and PACELINE_NODE stand for --topology and --node where those are not given.
std::variant<Request, Outcome> parse_arguments(int argc, const char* const* argv);

}  // namespace paceline::pacelinectl
