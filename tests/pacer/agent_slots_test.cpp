#include "services/pacer/agent_slots.h"

#include <rapidcheck.h>

#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;
namespace {

// Agents as they are, and what a site tells of them.
struct Group {
  TargetStat stat;
  std::int32_t free = 0;  // Slots of ready agents.
  std::int32_t most = 1;  // Slots of the one who has the most.
};

// `both`: who holds something and can take more counts as busy too.
Group any_group(bool both, bool with_away) {
  Group group;
  auto& stat = group.stat;
  stat.in_handling = 0;
  stat.logged_in = *rc::gen::inRange(1, 30);
  for (int agent = 0; agent < stat.logged_in; ++agent) {
    const int slots = *rc::gen::inRange(1, 7);
    stat.slots += slots;
    group.most = std::max(group.most, slots);
    if (with_away && *rc::gen::inRange(0, 4) == 0) {
      ++stat.not_ready;
      continue;
    }
    const int held = *rc::gen::inRange(0, slots + 1);
    const int wrapping = *rc::gen::inRange(0, held + 1);
    stat.in_handling += held;
    group.free += slots - held;
    if (held < slots) ++stat.ready;
    if (held == slots || (both && held > 0))
      ++(wrapping == held ? stat.after_call_work : stat.busy);
  }
  return group;
}

constexpr TargetStat ten{.logged_in = 10, .ready = 2, .busy = 8};

}  // namespace

TEST_CASE("an agent who holds one interaction is a slot", "[pacer][property]") {
  CHECK(agent_slots(ten, 1) == AgentSlots{.idle = 2, .busy = 8});
  CHECK(rc::check([] {
    TargetStat stat;
    for (auto* count : {&stat.logged_in, &stat.ready, &stat.busy, &stat.after_call_work})
      *count = *rc::gen::inRange(0, 1000);
    RC_ASSERT(agent_slots(stat, 1) ==
              (AgentSlots{.idle = stat.ready, .busy = stat.busy, .wrap_up = stat.after_call_work}));
  }));
}

TEST_CASE("with both figures the slots are those that there are, whatever capacity says",
          "[pacer][property]") {
  CHECK(rc::check([] {
    const Group group = any_group(*rc::gen::arbitrary<bool>(), false);
    const AgentSlots slots = agent_slots(group.stat, group.most);
    RC_ASSERT(slots.from == SlotsFrom::in_handling);
    RC_ASSERT(slots.idle == group.free);
    RC_ASSERT(slots.busy + slots.wrap_up == group.stat.in_handling);
    RC_ASSERT(slots.slots == group.stat.slots);
  }));
}

TEST_CASE("three chats an agent: who is ready may take one more or three", "[pacer]") {
  TargetStat stat = ten;
  stat.in_handling = 25;

  CHECK(agent_slots(stat, 3) ==
        AgentSlots{.from = SlotsFrom::in_handling, .slots = 30, .idle = 5, .busy = 25});
  stat.slots = 30;
  CHECK(agent_slots(stat, 1).idle == 5);
  stat.after_call_work = 3;  // Held too.
  CHECK(agent_slots(stat, 1).busy == 22);
  CHECK(agent_slots(stat, 1).wrap_up == 3);
  stat.not_ready = 1;  // Three slots that nobody can have.
  CHECK(agent_slots(stat, 1).idle == 2);
  stat.ready = 0;
  CHECK(agent_slots(stat, 1).idle == 0);
}

TEST_CASE("free slots of who takes no more are not idle: no ready agent has more than he may hold",
          "[pacer]") {
  TargetStat stat = ten;
  stat.ready = 1;
  stat.slots = 30;
  stat.in_handling = 20;  // Ten are free, but only one agent is ready.

  CHECK(agent_slots(stat, 1).idle == 3);
  CHECK(agent_slots(stat, 5).idle == 5);  // Some may hold five.
}

TEST_CASE("without in_handling each ready agent counts as one free slot", "[pacer]") {
  CHECK(agent_slots(ten, 3) ==
        AgentSlots{.from = SlotsFrom::capacity, .slots = 30, .idle = 2, .busy = 28});
  TargetStat stat = ten;
  stat.slots = 40;  // Mixed: four each in the mean.
  stat.after_call_work = 1;
  stat.not_ready = 1;
  CHECK(agent_slots(stat, 1) ==
        AgentSlots{.from = SlotsFrom::capacity, .slots = 40, .idle = 2, .busy = 33, .wrap_up = 1});
}

TEST_CASE("capacity 1 beside in_handling: agents hold what they are seen to hold", "[pacer]") {
  TargetStat stat = ten;
  stat.in_handling = 24;

  const AgentSlots slots = agent_slots(stat, 1);

  CHECK(slots.idle == 2);
  CHECK(slots.busy == 24);
  CHECK(slots.slots == 26);
}

TEST_CASE("whatever a site tells, no count is negative, and nobody ready is nothing idle",
          "[pacer][property]") {
  CHECK(rc::check([] {
    Group group = any_group(*rc::gen::arbitrary<bool>(), true);
    TargetStat& stat = group.stat;
    if (*rc::gen::arbitrary<bool>()) stat.slots = *rc::gen::inRange(0, 100);
    if (*rc::gen::arbitrary<bool>()) stat.in_handling = *rc::gen::inRange(-1, 200);
    if (*rc::gen::inRange(0, 5) == 0) stat.logged_in = 0;
    if (*rc::gen::inRange(0, 5) == 0)
      stat.ready = stat.not_ready = stat.in_handling = stat.slots = max_count;
    const AgentSlots slots = agent_slots(stat, *rc::gen::inRange(1, 20));
    RC_ASSERT(slots.busy >= 0 && slots.wrap_up >= 0);
    RC_ASSERT(slots.idle >= stat.ready);
    RC_ASSERT((slots.idle == 0) == (stat.ready == 0));
    if (slots.slots > 0 && slots.slots < max_count)
      RC_ASSERT(slots.idle + slots.busy + slots.wrap_up <= slots.slots);
  }));
}

TEST_CASE("an estimate of slots is called one", "[pacer]") {
  CHECK(note_on(SlotsFrom::agents).empty());
  CHECK(note_on(SlotsFrom::capacity).find("estimate") != std::string_view::npos);
  CHECK(note_on(SlotsFrom::in_handling).find("in_handling") != std::string_view::npos);
}

}  // namespace paceline::test
