#include "services/pacer/agent_slots.h"

#include <algorithm>
#include <cmath>

namespace paceline::pacer {
namespace {

std::int32_t count(double value) {
  return static_cast<std::int32_t>(std::clamp<double>(value, 0, max_count));
}

}  // namespace

AgentSlots agent_slots(const TargetStat& stat, int capacity) {
  const bool knows_slots = stat.slots > 0;
  const bool knows_held = stat.in_handling >= 0;
  if (!knows_slots && !knows_held && capacity <= 1)
    return {.idle = stat.ready, .busy = stat.busy, .wrap_up = stat.after_call_work};

  const double agents = std::max({stat.logged_in, stat.ready, 1});
  const double all = std::max<double>(
      knows_slots ? stat.slots : static_cast<double>(stat.logged_in) * std::max(capacity, 1),
      stat.ready);
  const double each = all / agents;
  const double away = std::round(std::min<double>(stat.not_ready, agents) * each);
  AgentSlots slots;
  if (knows_held) {
    // Who is about to rest or to leave has free slots that nobody can have: no ready agent has more than one may hold.
    const double most = stat.ready * std::max<double>(capacity, std::ceil(each));
    const double free = all - stat.in_handling - away;
    slots.from = SlotsFrom::in_handling;
    slots.idle = count(std::max<double>(stat.ready, std::min(free, most)));
    slots.wrap_up = std::min(stat.after_call_work, stat.in_handling);
    slots.busy = stat.in_handling - slots.wrap_up;
  } else {
    slots.from = SlotsFrom::capacity;
    slots.idle = count(stat.ready);
    slots.wrap_up = count(std::min<double>(stat.after_call_work, all - stat.ready));
    slots.busy = count(all - slots.idle - slots.wrap_up - away);
  }
  slots.slots = count(std::max(all, static_cast<double>(slots.idle) + slots.busy + slots.wrap_up));
  return slots;
}

std::string_view note_on(SlotsFrom from) {
  switch (from) {
    case SlotsFrom::agents:
      return "";
    case SlotsFrom::capacity:
      return "an estimate by the option capacity: each ready agent counts as one";
    case SlotsFrom::in_handling:
      return "what ready agents may hold beyond in_handling";
  }
  return "";
}

}  // namespace paceline::pacer
