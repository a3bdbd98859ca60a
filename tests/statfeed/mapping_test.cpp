#include "services/statfeed/mapping.h"

#include <rapidcheck.h>

#include <set>

#include "tests/support/catch.h"

namespace paceline::test {
using namespace statfeed;

TEST_CASE("objects and names follow a site's own patterns", "[statfeed]") {
  Mapping mapping = default_mapping();
  mapping[StatisticKind::ready].object = "{group}@{channel}";
  mapping[StatisticKind::ready].name = "Ready_{channel}";
  const TargetObjects target{"t1", "Sales", "Sales_VQ", "chat"};

  const auto ready = request_for(mapping, target, StatisticKind::ready);

  CHECK(ready.object_id == "Sales@chat");
  CHECK(ready.name == "Ready_chat");
  CHECK(ready.object_type == "GroupAgents");
  CHECK(filled("{id}/{queue}", target) == "t1/Sales_VQ");
  CHECK(filled("{grp}", target).error().detail ==
        "{grp} is not one of {id}, {channel}, {group}, {queue}");
  CHECK(filled("{group", target).error().detail == "a { without its }");
}

TEST_CASE("the default mapping asks for the vendor's names on group and queue", "[statfeed]") {
  struct Usual {
    StatisticKind kind;
    const char* type;
    const char* name;
    bool needed;
  };
  const auto [kind, type, name, needed] =
      GENERATE(Usual{StatisticKind::logged_in, "GroupAgents", "LoggedInAgents", true},
               Usual{StatisticKind::ready, "GroupAgents", "CurrentReadyAgents", true},
               Usual{StatisticKind::busy, "GroupAgents", "BusyAgents", true},
               Usual{StatisticKind::after_call_work, "GroupAgents", "AfterCallWorkAgents", false},
               Usual{StatisticKind::not_ready, "GroupAgents", "NotReadyAgents", false},
               Usual{StatisticKind::in_queue, "Queue", "Current_In_Queue", true},
               Usual{StatisticKind::entered, "Queue", "Total_Entered", true},
               Usual{StatisticKind::answered, "Queue", "Total_Answered", true},
               Usual{StatisticKind::abandoned, "Queue", "Total_Abandoned", true},
               Usual{StatisticKind::handling_time, "GroupAgents", "AverageHandlingTime", false},
               Usual{StatisticKind::waiting_time, "Queue", "AverageWaitingTime", false});
  CAPTURE(name);
  const Mapping mapping = default_mapping();

  const auto request = request_for(mapping, {"t1", "Sales", "SalesQueue"}, kind);

  const char* object = std::string_view{type} == "Queue" ? "SalesQueue" : "Sales";
  CHECK(request == StatisticRequest{"", object, type, name, {}});
  CHECK(mapping[kind].needed == needed);
  CHECK(mapping[kind].asked);
}

TEST_CASE("what agents hold and may hold is not asked for unless the site names it", "[statfeed]") {
  const Mapping mapping = default_mapping();
  for (const auto kind : {StatisticKind::in_handling, StatisticKind::slots}) {
    CHECK_FALSE(mapping[kind].asked);
    CHECK_FALSE(mapping[kind].needed);
    CHECK_FALSE(mapping[kind].of_queue);
  }
  CHECK(asked_kinds(mapping) == usual_statistic_kinds);
}

TEST_CASE("a definition replaces the name", "[statfeed]") {
  Mapping mapping = default_mapping();
  mapping[StatisticKind::ready].definition =
      StatisticDefinition{"Immediate", 0, 0, "CurrentNumber", "DNStatus", "*"};

  const auto ready = request_for(mapping, {"t", "g", "q"}, StatisticKind::ready);

  CHECK(ready.name.empty());
  CHECK(ready.definition == mapping[StatisticKind::ready].definition);
}

TEST_CASE("a statistic's id is a UUID that tells its number and nothing to other sessions",
          "[statfeed][property]") {
  CHECK(rc::check([] {
    const auto salt = *rc::gen::arbitrary<std::uint64_t>();
    const StatisticId name{*rc::gen::arbitrary<std::uint16_t>(),
                           *rc::gen::arbitrary<std::uint32_t>()};
    const auto id = statistic_id(salt, name.generation, name.statistic);
    RC_ASSERT(id.size() == 36u);
    RC_ASSERT(id[8] == '-' && id[13] == '-' && id[14] == '4' && id[18] == '-' && id[23] == '-');
    RC_ASSERT(read_statistic_id(id, salt) == std::optional{name});
    RC_ASSERT(!read_statistic_id(id, salt ^ (1ull << 40)).has_value());
  }));
  CHECK(rc::check(
      [](const std::string& text) { RC_ASSERT(!read_statistic_id(text, 7).has_value()); }));
}

TEST_CASE("every kind has its own word", "[statfeed]") {
  std::set<std::string> words;
  for (std::uint32_t i = 0; i < statistic_kind_count; ++i)
    words.insert(to_string(static_cast<StatisticKind>(i)));
  CHECK(words.size() == statistic_kind_count);
  CHECK_FALSE(words.contains("unknown"));
}

}  // namespace paceline::test
