// supervisord's group of a node, beside what the topology would make.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "topology/topology.h"

namespace paceline::pacelinectl {

/// Whether a configuration has [group:NODE].
bool has_group(std::string_view configuration, std::string_view node);

struct GroupFacts {
  std::string user;        // As whom it runs; "" = as supervisord does.
  std::string difference;  // "LINE: what stands there, and what would"; "" = it is as generated.
};

/// Where the node's processes log by that configuration.
std::vector<std::string> log_folders(std::string_view configuration, const std::string& node);

/// Compares the node's group with what `topology supervisor` makes with the folders and the user that the
/// group names: lines in their order; comments and empty lines count nothing. Groups of other nodes beside
/// it are passed over.
GroupFacts read_group(std::string_view configuration, const Topology& topology,
                      const std::string& node);

}  // namespace paceline::pacelinectl
