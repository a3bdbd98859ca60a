#include "services/pacelinectl/answers.h"

#include <rapidcheck.h>

#include "services/pacelinectl/json.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

TEST_CASE("a status without its finer parts is still a status", "[pacelinectl]") {
  const auto status = parse_status(R"({"cluster":"c","nodes":[{"name":"a"},7,null]})");

  REQUIRE(status);
  CHECK(status->cluster == "c");
  CHECK(status->master.empty());
  REQUIRE(status->nodes.size() == 1);
  CHECK(status->nodes[0].heard_s == -1);
}

TEST_CASE("a member of another type counts as missing", "[pacelinectl]") {
  const auto status = parse_status(
      R"({"cluster":"c","term":"x","targets":-1,"master":5,"nodes":[{"term":1.5,"heard_s":null}]})");

  REQUIRE(status);
  CHECK(status->term == 0);
  CHECK(status->targets == 0);
  CHECK(status->nodes[0].term == 0);
}

TEST_CASE("any bytes give an answer or an error", "[pacelinectl][property]") {
  const std::string good =
      R"({"cluster":"c","nodes":[{"name":"a","publication":{"outcome":"accepted"}}],)"
      R"("totals":{"by_state":{"ok":5}},"targets":[{"id":"x","acceptance":0.5}]})";

  REQUIRE(rc::check([&](const std::string& bytes) {
    parse_status(bytes);
    parse_targets_answer(bytes);
    problem_detail(bytes);
    std::string text = good;
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    text.erase(at, *rc::gen::inRange<std::size_t>(0, 12));
    text.insert(at, bytes);
    const auto status = parse_status(text);
    if (status) RC_ASSERT(!status->cluster.empty());
    if (!status) RC_ASSERT(!status.error().detail.empty());
    parse_targets_answer(text);
  }));
}

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

}  // namespace
}  // namespace paceline::test
