// Targets that go from one file to another, and from one running cluster (cell) to another: the steps, as a script for whoever
// wants to read it first. Pure.
//
// Invariants of the steps, also where they end in the middle and are begun again:
//   no node of the cell that is to pace them offers for them before the endpoint has accepted that the other one does not
//   a cell that lost its master meanwhile offers for them no sooner either: of the one that gives them up the master is the last
//   to let go, of the other the first to begin
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "services/pacelinectl/topology_plan.h"
#include "topology/targets.h"

namespace paceline::pacelinectl {

/// Both in one: those of `more` take the place of those of the same id, or come behind.
///   held   those that are new are switched off, and those that are there stay as they are
Targets with_targets(Targets there, const Targets& more, bool held);

/// What is left without these, and the agents that still serve any.
Targets without_targets(Targets there, const std::vector<std::string>& ids);

/// These alone, with the agents that serve them.
///   errors   not_found: one that is not there; unsupported: one that shares agents with others that would stay, or all that
///            there are
Result<Targets> targets_to_move(const Targets& there, const std::vector<std::string>& ids);

/// A node of a cell that paces.
struct MoveNode {
  std::string name;
  std::string host;
  std::string way;         // What leads there, with a space behind it; "" = it is here.
  std::string topology{};  // Its file; "" = it is found there without a name.
};

struct MoveCell {
  std::string cluster;
  std::string run_dir;            // With a folder a node, in which pacers keep what they learned.
  std::vector<int> shards{};      // That pace the targets; of the cell that they go to, that would.
  std::vector<MoveNode> nodes{};  // The most likely master first.
};

struct TargetMove {
  std::vector<std::string> ids;
  MoveCell from;
  MoveCell to;
  std::string owner;  // The user of the processes; "" = whoever runs the script.
};

/// From the one to the other, and (with both exchanged) back again.
///   errors   unsupported: a file, a cluster or a target whose name is more than one word of a shell
Result<std::vector<PlanStep>> move_steps(const TargetMove& move);

/// For bash. It ends at the first step that fails; may be run again; and goes back, if its argument is `back`.
///   rows   the targets, as a targets file
std::string move_script(const TargetMove& move, const std::vector<PlanStep>& steps,
                        const std::vector<PlanStep>& back, std::string_view rows);

}  // namespace paceline::pacelinectl
