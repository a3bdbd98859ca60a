#include "services/pacelinectl/json.h"

#include <rapidcheck.h>

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

TEST_CASE("what is said in JSON is JSON whatever bytes came", "[pacelinectl][property]") {
  REQUIRE(rc::check([](const std::string& bytes, double number, std::int64_t wall_ms) {
    ElectionView view;
    view.self.node = bytes;
    view.self.seen.push_back({bytes, wall_ms});
    view.lease_left_s = number;
    view.transitions.push_back({wall_ms, ElectorRole::master, 1, bytes});
    RC_ASSERT(!election_json(view).empty());
    RC_ASSERT(
        !mistakes_json(bytes, std::vector<Mistake>{{.where = {bytes}, .what = bytes}}).empty());
    RC_ASSERT(
        !texts_json(std::vector<std::pair<std::string, std::string>>{{bytes, bytes}}).empty());
  }));
}

TEST_CASE("texts are an object on one line or on several", "[pacelinectl]") {
  const std::vector<std::pair<std::string, std::string>> members{{"b", "1"}, {"a", "\xff"}};

  CHECK(texts_line(members) == "{\"b\":\"1\",\"a\":\"\xEF\xBF\xBD\"}\n");
  CHECK(texts_json(members) == "{\n  \"b\": \"1\",\n  \"a\": \"\xEF\xBF\xBD\"\n}\n");
  CHECK(list_json("made", std::vector<std::string>{}) == "{\n  \"made\": []\n}\n");
}

TEST_CASE("what is unseen is told apart by its tabs, also where some are missing",
          "[pacelinectl]") {
  const auto json =
      nlohmann::json::parse(unseen_json(std::vector<std::pair<std::string, std::string>>{
          {"t1", "idle\tunknown\tGroup\tG\tS"}, {"t2", "busy"}}));

  CHECK(json["statistics"][0]["object"] == "G");
  CHECK(json["statistics"][0]["statistic"] == "S");
  CHECK(json["statistics"][1]["figure"] == "busy");
  CHECK(json["statistics"][1]["statistic"] == "");
}

}  // namespace
}  // namespace paceline::test
