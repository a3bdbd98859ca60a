// Centres as they are, for the whole path: what `ops/bench loop slots|shared|lag` measures.
#pragma once

#include <string>
#include <vector>

#include "tests/scenario/closed_loop.h"

namespace paceline::test {

struct LoopPlan {
  std::string name;   // Of the centre: one_chat, three_chats, ...
  std::string known;  // Whence the pacer knows what is particular: "figures", "group", "nothing"...
  std::string bench;  // The same centre in bench_pacing, as "scenario agents".
  ClosedLoop::Plan plan;
};

/// Agents who hold several chats, ten a group, `groups` groups.
std::vector<LoopPlan> slot_plans(int groups);

/// Agents who serve several targets: all of a group's, or by their skills. Told by the group or the
/// membership; not told, but seen by the pacer; and neither.
std::vector<LoopPlan> shared_plans(int groups);

/// Statistics that are seconds old and claim to be of now.
std::vector<LoopPlan> lag_plans(int groups);

}  // namespace paceline::test
