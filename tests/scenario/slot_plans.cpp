#include "tests/scenario/slot_plans.h"

namespace paceline::test {
namespace {

GroupKind chats(int slots, int other_slots = 0, double slow_down = 0) {
  GroupKind kind = ClosedLoop::chat();
  kind.slots = slots;
  kind.other_slots = other_slots;
  kind.slow_down = slow_down;
  return kind;
}

}  // namespace

std::vector<SlotPlan> slot_plans(int groups) {
  std::vector<SlotPlan> plans;
  // `capacity`: the option of a site without figures.
  const auto add = [&](const char* name, const char* bench, const GroupKind& kind, int capacity) {
    ClosedLoop::Plan plan{.agents = 10, .groups = groups, .kind = kind};
    if (capacity == 1) return plans.push_back({name, "agents", bench, plan});
    plan.tells_slots = true;
    plans.push_back({name, "figures", bench, plan});
    plan.tells_slots = false;
    plan.capacity = capacity;
    plans.push_back({name, "capacity", bench, plan});
  };
  add("one_chat", "chat 10", chats(1), 1);
  add("three_chats", "chat 30", chats(3), 3);
  add("five_chats", "chat 50", chats(5), 5);
  add("mixed_1_5", "chat 30", chats(1, 5), 3);  // Three in the mean.
  add("three_slowed", "slots_3 10", chats(3, 0, 0.2), 3);
  add("five_slowed", "slots_5 10", chats(5, 0, 0.2), 5);
  add("three_unknown", "chat 30", chats(3), 1);  // As if an agent were a slot.
  return plans;
}

}  // namespace paceline::test
