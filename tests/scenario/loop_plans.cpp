#include "tests/scenario/loop_plans.h"

#include <algorithm>

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

std::vector<LoopPlan> slot_plans(int groups) {
  std::vector<LoopPlan> plans;
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

std::vector<LoopPlan> shared_plans(int groups) {
  using enum ClosedLoop::Sharing;
  std::vector<LoopPlan> plans;
  const auto name_of = [](ClosedLoop::Sharing sharing, const char* file) {
    return std::string{sharing == told ? file : sharing == detected ? "detected" : "nothing"};
  };
  const auto add = [&](const char* name, const char* bench, int targets, Duration patience,
                       ClosedLoop::Sharing sharing) {
    ClosedLoop::Plan plan{.agents = 10, .groups = groups, .targets_per_group = targets};
    plan.sharing = sharing;
    plan.kind.patience.mean_s = to_seconds(patience);
    plans.push_back({name, name_of(sharing, "group"), bench, plan});
  };
  const auto add_skills = [&](const char* name, int agents, ClosedLoop::Sharing sharing) {
    ClosedLoop::Plan plan{.agents = agents, .groups = std::max(1, groups * 10 / agents)};
    plan.skills = name;
    plan.sharing = sharing;
    plans.push_back({name, name_of(sharing, "membership"), name, plan});
  };
  add("two_targets", "shared_2", 2, 60s, told);
  add("five_targets", "shared_5", 5, 60s, told);
  add("two_phone", "shared_2_phone", 2, 2s, told);
  add("five_phone", "shared_5_phone", 5, 2s, told);
  add_skills("half_overlap", 20, told);
  add_skills("ring", 30, told);
  add("five_targets", "shared_5", 5, 60s, detected);
  add_skills("half_overlap", 20, detected);
  add("five_targets", "shared_5", 5, 60s, unknown);
  add_skills("half_overlap", 20, unknown);
  return plans;
}

std::vector<LoopPlan> lag_plans(int groups) {
  std::vector<LoopPlan> plans;
  const auto add = [&](const char* name, const char* bench, Duration lag, Duration patience) {
    ClosedLoop::Plan plan{.agents = 10, .groups = groups};
    plan.hidden_lag = lag;
    plan.kind.patience.mean_s = to_seconds(patience);
    plans.push_back({name, "nothing", bench, plan});
  };
  add("none", "chat 10", 0s, 60s);
  add("2_s", "hidden_lag_2s 10", 2s, 60s);
  add("5_s", "hidden_lag_5s 10", 5s, 60s);
  add("15_s", "hidden_lag_15s 10", 15s, 60s);
  add("none_phone", "phone 10", 0s, 2s);
  add("2_s_phone", "hidden_lag_phone_2s 10", 2s, 2s);
  add("5_s_phone", "hidden_lag_phone_5s 10", 5s, 2s);
  add("15_s_phone", "hidden_lag_phone_15s 10", 15s, 2s);
  return plans;
}

}  // namespace paceline::test
