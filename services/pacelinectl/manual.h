// Manual pages in man(7), from the table that parses the command line.
#pragma once

#include <string>
#include <vector>

#include "services/pacelinectl/command_line.h"

namespace paceline::pacelinectl {

/// pacelinectl(1): every command in short, options, exit codes, environment.
std::string manual_page();

/// pacelinectl-COMMAND(1); `command` has to be one of command_line().
std::string manual_page(const CommandRule& command);

/// File name and text of all of them.
std::vector<std::pair<std::string, std::string>> manual_pages();

}  // namespace paceline::pacelinectl
