// From counts of agents, each of whom may hold several interactions, to counts of slots.
//
//   const AgentSlots slots = agent_slots(stat, options.capacity);
//   in.idle = slots.idle; ...
//
// `ready` of the statistics means "can take one more", as the vendor's does. How much more, the site's figures
// `in_handling` and `slots` tell; where they are missing, the option `capacity` stands for them. An agent may count as
// ready and busy at once or by one state only: neither changes a result here.
//
// Invariants
//   with capacity 1 and no figures every count is the agents' own
//   ready <= idle;  idle is 0 exactly when nobody is ready
//   none is negative;  idle + busy + wrap_up <= slots unless slots is 0
#pragma once

#include <cstdint>
#include <string_view>

#include "common/wire/stat.h"

namespace paceline::pacer {

/// What the counts of slots were made from.
enum class SlotsFrom : std::uint8_t {
  agents,       // An agent is a slot.
  capacity,     // in_handling is unknown: who is ready is one free slot, the other slots are busy.
  in_handling,  // Both are known, or in_handling and what an agent may hold.
};

struct AgentSlots {
  SlotsFrom from = SlotsFrom::agents;
  std::int32_t slots = 0;    // Interactions that all who are logged in may hold; 0 = one each.
  std::int32_t idle = 0;     // Free slots of ready agents.
  std::int32_t busy = 0;     // In which somebody is served.
  std::int32_t wrap_up = 0;  // In after-call work.

  bool operator==(const AgentSlots&) const = default;
};

///   capacity   [>= 1] interactions that an agent may hold. Where agents differ: the most of any of them if `stat`
///              has `slots`, else the mean
AgentSlots agent_slots(const TargetStat& stat, int capacity);

/// How `idle` was found, for people; "" where an agent is a slot.
std::string_view note_on(SlotsFrom from);

}  // namespace paceline::pacer
