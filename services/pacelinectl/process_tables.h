// What the processes themselves say of their tables in the topology file: [statfeed], [publisher], ...
#pragma once

#include <string_view>
#include <vector>

#include "topology/check.h"

namespace paceline::pacelinectl {

/// For which mistakes a process of any node would refuse to start, found by the code with which it
/// starts; of each process the first. check_topology() has found none in the text.
///
///   returns  in the file's order
///   cost     the file is read once a node and process
std::vector<Mistake> check_process_tables(std::string_view text, std::string_view file);

/// All that check_topology() and, if that finds nothing, check_process_tables() find.
std::vector<Mistake> check_whole_topology(std::string_view text, std::string_view file,
                                          std::string_view supervisor = "");

}  // namespace paceline::pacelinectl
