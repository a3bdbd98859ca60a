#include "services/pacelinectl/answers.h"

#include <rapidcheck.h>

#include "tests/pacelinectl/watch_bodies.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

TEST_CASE("an answer of watch is what watch knew", "[pacelinectl]") {
  CHECK(parse_status(json_text(demo_status())) == demo_status());
  CHECK(parse_targets_answer(json_text(demo_targets({"t07"}))) == demo_targets({"t07"}));
}

TEST_CASE("what an answer should be is told with the member that is wrong", "[pacelinectl]") {
  const std::string no_targets = R"({"total":1,"matching":1,"offset":0,"limit":9})";

  CHECK(parse_status(R"({"cluster":7})").error().detail == "not a status: cluster = 7: not a text");
  CHECK(parse_targets_answer(no_targets).error().detail ==
        "not a list of targets: targets: missing");
}

TEST_CASE("a refusal is told by its sentence, or as it came", "[pacelinectl]") {
  const ProblemAnswer problem{.type = "about:blank", .title = "No", .status = 404, .detail = "why"};

  CHECK(problem_detail(json_text(problem)) == "why");
  CHECK(problem_detail("<html>") == "<html>");
  CHECK(problem_detail("{}") == "{}");
  CHECK(problem_detail(std::string(1000, 'x')) == std::string(300, 'x'));
}

TEST_CASE("statistics are told with what is wrong with them", "[pacelinectl]") {
  StatisticsAnswer statistics{.source = {.in_use = "primary"}, .fresh = true};
  CHECK(statistics_line(statistics) == "statistics: primary");

  statistics = {.source = {.targets_unseen = 3}};
  CHECK(statistics_line(statistics) ==
        "statistics: neither primary nor backup is heard, not fresh, 3 targets not visible");
}

TEST_CASE("any bytes give an answer or an error", "[pacelinectl][property]") {
  const std::string good = json_text(demo_status());

  REQUIRE(rc::check([&](const std::string& bytes) {
    parse_status(bytes);
    parse_targets_answer(bytes);
    problem_detail(bytes);
    std::string text = good;
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    text.erase(at, *rc::gen::inRange<std::size_t>(0, 12));
    text.insert(at, bytes);
    const auto status = parse_status(text);
    if (!status) RC_ASSERT(!status.error().detail.empty());
    parse_targets_answer(text);
  }));
}

}  // namespace
}  // namespace paceline::test
