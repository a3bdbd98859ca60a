// A node's process group for supervisord, made from the topology, so that the two cannot disagree.
//
// Programs are named NODE-PROCESS and shown as NODE:PROCESS (pacers: NODE:pacer-0, ...).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "topology/check.h"
#include "topology/topology.h"

namespace paceline {

struct SupervisorOptions {
  std::string bin_dir;   // Absolute: where statfeed, pacer, ... are.
  std::string topology;  // Absolute path of the topology file.
  std::string run_dir;   // Absolute; "" = as the topology says.
  std::string log_dir;   // Absolute: NODE-PROCESS.log there; "" = {run}/NODE/log/PROCESS.log.
  std::string user;      // As whom supervisord runs them; "" = as itself.
};

/// The words that start one process: what a supervisor of any kind runs.
///   index    "" = the only one of its kind
std::vector<std::string> process_command(const Node& node, const std::string& process,
                                         const std::string& index,
                                         const SupervisorOptions& options);

/// One [program:NODE-PROCESS] for each process of `node` and the [group:NODE] of all of them.
std::string supervisor_group(const Topology& topology, const Node& node,
                             const SupervisorOptions& options);

/// The groups of several nodes behind one another: all nodes of a cluster on one machine.
std::string supervisor_groups(const Topology& topology, const std::vector<std::string>& nodes,
                              const SupervisorOptions& options);

/// Folders that must exist before supervisord starts: it does not make those of its log files.
std::vector<std::string> supervisor_folders(const Topology& topology,
                                            const std::vector<std::string>& nodes,
                                            const SupervisorOptions& options);

/// Where `configuration` (of one node or of several) differs from what the topology runs: a process
/// that is missing or too much, another number of them. Programs of others are passed over.
///   places   "supervisor:LINE:1"
std::vector<Mistake> check_supervisor(const Topology& topology, std::string_view configuration);

}  // namespace paceline
