// "pacer-1": a process as people name it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "topology/topology.h"

namespace paceline::pacelinectl {

struct ProcessName {
  std::string process;
  int index = 0;
};

/// "pacer-1" and "pacer/1" are one, "pacer" are all of the node.
///   errors   bad_value: the node does not run it
Result<std::vector<ProcessName>> parse_process_name(std::string_view text, const Topology& topology,
                                                    const Node& node);

}  // namespace paceline::pacelinectl
