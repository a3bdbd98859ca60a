// Other programs, run to their end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/pacelinectl/environment.h"

namespace paceline::pacelinectl {

/// Environment::run() on this host. The program is found by PATH, as a shell finds it, and belongs to our process group, so
/// Ctrl-C ends it too.
Result<ProgramEnd> run_program(const std::vector<std::string>& words, std::string_view input,
                               Duration limit);

/// Environment::edit() on this host.
Result<int> run_program_at_terminal(const std::vector<std::string>& words);

}  // namespace paceline::pacelinectl
