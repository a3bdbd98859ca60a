// Centres whose agents hold several chats, for the whole path: what `ops/bench loop slots` measures.
#pragma once

#include <string>
#include <vector>

#include "tests/scenario/closed_loop.h"

namespace paceline::test {

struct SlotPlan {
  std::string name;   // Of the centre: one_chat, three_chats, ...
  std::string known;  // What the pacer knows of slots: "figures", "capacity" or "agents".
  std::string bench;  // The same centre in bench_pacing, as "scenario agents".
  ClosedLoop::Plan plan;
};

/// Ten agents a group, `groups` groups.
std::vector<SlotPlan> slot_plans(int groups);

}  // namespace paceline::test
