// Sets of targets that commands compare and write: those of a file, and those that the processes of
// a node work with.
#pragma once

#include <string>
#include <vector>

#include "services/pacelinectl/cluster_file.h"
#include "topology/check.h"
#include "topology/targets.h"

namespace paceline::pacelinectl {

/// How many rows a targets file may have: what the topology says, or the default if there is none
/// to read.
std::size_t max_targets(const Request& request, Environment& environment);

/// A targets file, or why not: not readable, or its mistakes for people and as JSON.
struct TargetsFile {
  Targets targets;
  Outcome outcome;  // exit_fine if it is good.
};
TargetsFile read_targets_file(const std::string& file, const Request& request,
                              Environment& environment);

/// What the processes of our node work with.
struct RunningTargets {
  Targets targets;                  // As its watch holds them.
  std::vector<std::string> others;  // Processes that hold another version: they need a reload.
};
///   errors   as ask_own_process(); bad_value: an answer that is none
Result<RunningTargets> ask_running_targets(const ClusterFile& cluster, Environment& environment);

/// A line for standard error about `others`; "" if there are none.
std::string disagreement(const RunningTargets& running);

/// A line for each node whose publisher paces by another targets file than the elector's own.
std::string nodes_apart(const ElectionView& view);
/// The same, of our elector; "" too if it does not answer, which is told elsewhere.
std::string ask_nodes_apart(const ClusterFile& cluster, Environment& environment);

/// The targets file that an argument names; without it the topology's.
///   argument  [0, 1] its number
///   errors    those of load_cluster()
Result<std::string> targets_file_of(const Request& request, std::size_t argument,
                                    Environment& environment);

/// Where an import keeps what it replaces: "targets.before.toml" of "targets.toml".
std::string replaced_name(const std::string& file);

/// What stands in that file, as one word that is another for another content; "none" = there is no such file.
std::string file_state(const std::string& file, Environment& environment);
/// The same of a text.
std::string text_state(std::string_view text, Environment& environment);

/// What `next` adds, removes and changes of that file.
struct FileDifference {
  std::string words;  // "3 added, 1 removed, 2 changed"
  bool any = true;
  std::string state;  // As file_state().
};
FileDifference difference_to(const std::string& file, const Targets& next,
                             Environment& environment);

/// With --reload the processes of this node read what was written, and what they say comes behind; else nothing more is done.
Outcome put_to_work(Outcome written, const Request& request, Environment& environment);

/// What is said when `targets` have taken their place in that file, or would.
///   was  of difference_to()
Outcome replaced_outcome(const Request& request, const std::string& file, const Targets& targets,
                         const FileDifference& was, Environment& environment);

/// Whole, in the form that its name asks for: CSV if it ends in .csv, else TOML.
std::string targets_as(const std::string& file, const Targets& targets);

}  // namespace paceline::pacelinectl
