// A node's processes as units of systemd, for hosts without supervisord: made from the topology and from the same commands as
// supervisord's group (supervisor.h).
//
// paceline-PROCESS.service, or paceline-PROCESS@.service where there are several, whose instances are their indices; and
// paceline-node.target, which wants all of them. What a process may do stands in paceline-.service.d (ops/package.d), the same for
// all of them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "topology/supervisor.h"

namespace paceline {

/// File name -> text; the target is the last. Without `user` it is "paceline"; `log_dir` is passed over: the journal has it.
std::vector<std::pair<std::string, std::string>> systemd_units(const Topology& topology,
                                                               const Node& node,
                                                               const SupervisorOptions& options);

}  // namespace paceline
