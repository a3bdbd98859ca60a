#include "services/statfeed/server_ids.h"

#include "tests/support/catch.h"

namespace paceline::test {
using namespace statfeed;
namespace {

StatisticValue value(std::string id, std::string object, std::string type, std::string name) {
  StatisticValue value;
  value.statistic_id = std::move(id);
  value.object_id = std::move(object);
  value.object_type = std::move(type);
  value.name = std::move(name);
  return value;
}

struct Ids {
  Ids() { targets_index.apply({{"t1", "g1", "q1"}, {"t2", "g1", "q2"}}); }

  Mapping mapping = default_mapping();
  TargetsIndex targets_index;
  ServerIds ids{mapping, targets_index};
};

}  // namespace

TEST_CASE("a value is found by object, type and name, and from then on by its id", "[statfeed]") {
  Ids site;
  const auto wanted = statistic_of(1, StatisticKind::in_queue);

  CHECK(site.ids.find_id("17").empty());
  CHECK(site.ids.find(value("17", "q2", "Queue", "Current_In_Queue")) == std::vector{wanted});

  CHECK(site.ids.find_id("17") == std::vector{wanted});
  CHECK(site.ids.find(value("17", "", "", "")) == std::vector{wanted});
  CHECK(site.ids.theirs(wanted) == "17");
  CHECK(site.ids.theirs(0).empty());
  site.ids.begin();
  CHECK(site.ids.find_id("17").empty());
}

TEST_CASE("one number of the server is that of every target that shares the object", "[statfeed]") {
  Ids site;

  CHECK(site.ids.find(value("9", "g1", "GroupAgents", "BusyAgents")) ==
        std::vector{statistic_of(0, StatisticKind::busy), statistic_of(1, StatisticKind::busy)});
}

TEST_CASE("a type that is not said is any, another one is none", "[statfeed]") {
  Ids site;

  CHECK(site.ids.find(value("1", "q1", "", "Total_Entered")).size() == 1);
  CHECK(site.ids.find(value("2", "q1", "RoutePoint", "Total_Entered")).empty());
  CHECK(site.ids.find(value("3", "q1", "Queue", "Unheard_Of")).empty());
}

TEST_CASE("who left is not found, who came is", "[statfeed]") {
  Ids site;
  site.ids.find(value("1", "q1", "Queue", "Total_Entered"));
  site.targets_index.apply({{"t2", "g1", "q2"}, {"t3", "g3", "q3"}});
  site.ids.targets_changed();

  CHECK(site.ids.find_id("1").empty());
  CHECK(site.ids.find(value("1", "q1", "Queue", "Total_Entered")).empty());
  CHECK(site.ids.find(value("5", "q3", "Queue", "Total_Entered")).size() == 1);
}

}  // namespace paceline::test
