#include "services/simulator/trace.h"

#include <rapidcheck.h>

#include "services/simulator/headless.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace simulator;
namespace {

const std::string header = "day,vru_entry_s,vru_s,type,priority,queue_s,outcome,service_s,agent\n";

const std::string small_month = header +
                                "1,36000,10,PS,0,0,AGENT,120,a01\n"
                                "1,36100,10,PS,0,40,AGENT,300,a02\n"
                                "1,36200,5,NW,2,90,HANG,0,\n"
                                "1,36300,5,NW,0,0,HANG,0,\n"
                                "1,36400,5,NW,0,0,PHANTOM,0,\n"
                                "1,36500,5,NW,0,12,AGENT,60,a02\n"
                                "2,100,1,PS,0,0,AGENT,10,a01\n";

}  // namespace

TEST_CASE("a month is read without phantoms and calls that never queued", "[simulator]") {
  const auto trace = parse_trace(small_month, "month.csv");

  REQUIRE(trace);
  CHECK(trace->calls.size() == 5);
  CHECK(trace->phantoms == 1);
  CHECK(trace->ended_before_queue == 1);
  CHECK(trace->calls[0].at_s == 36010);
  CHECK_FALSE(trace->calls[2].served);
}

TEST_CASE(
    "a call whose stay in the voice response unit is negative reaches the queue that much earlier",
    "[simulator]") {
  const auto trace = parse_trace(
      header + "1,36000,-87,PS,0,40,AGENT,120,a01\n1,50,-87,PS,0,40,AGENT,120,a01\n", "month.csv");

  REQUIRE(trace);
  CHECK(trace->calls[0].at_s == 35913);
  CHECK(trace->calls[1].at_s == 0);
}

TEST_CASE("a bad line is refused by its number", "[simulator]") {
  const auto [line, why] = GENERATE(table<std::string, std::string>(
      {{"1,36000,10,PS,0,0,AGENT,120", "month.csv:2: 8 fields, not 9"},
       {"1,36000,10,PS,0,0,AGENT,120,a01,", "month.csv:2: more than 9 fields"},
       {"0,36000,10,PS,0,0,AGENT,120,a01", "month.csv:2: day = '0': not in [1, 31]"},
       {"1,-5,10,PS,0,0,AGENT,120,a01", "month.csv:2: vru_entry_s = '-5': not in [0, 86400]"},
       {"1,36000,10,PS,0,x,AGENT,120,a01", "month.csv:2: queue_s = 'x': not in [0, 86400]"},
       {"1,36000,10,,0,0,AGENT,120,a01", "month.csv:2: type is not a word"},
       {"1,36000,10,PS,0,0,LOST,120,a01",
        "month.csv:2: outcome = 'LOST': not AGENT, HANG or PHANTOM"}}));

  const auto trace = parse_trace(header + line + "\n", "month.csv");

  REQUIRE_FALSE(trace);
  CHECK(trace.error().detail == why);
}

TEST_CASE("a negative time in the voice response unit is taken as it stands", "[simulator]") {
  const auto trace = parse_trace(header + "1,43482,-87,PS,1,101,AGENT,61,a02\n", "x");

  REQUIRE(trace);
  CHECK(trace->calls.at(0).at_s == 43395);
}

TEST_CASE("another first line is refused", "[simulator]") {
  CHECK(parse_trace("a,b\n", "x.csv").error().detail.starts_with("x.csv:1: "));
  CHECK_FALSE(parse_trace("", "x.csv"));
}

TEST_CASE("any bytes give a trace or an error", "[simulator][property]") {
  REQUIRE(rc::check([](const std::string& bytes) {
    (void)parse_trace(bytes, "x");
    auto broken = small_month;
    const auto at = *rc::gen::inRange<std::size_t>(header.size(), broken.size());
    broken[at] = *rc::gen::arbitrary<char>();
    if (const auto trace = parse_trace(broken, "x")) {
      const auto day = day_of(*trace, 0);
      RC_ASSERT(day.has_value());
      (void)model_of(*day, *rc::gen::inRange<std::size_t>(0, 4), {}, 10h);
    }
  }));
}

TEST_CASE("a day becomes a centre by call type", "[simulator]") {
  const auto day = day_of(*parse_trace(small_month, "x"), 0);
  REQUIRE(day);

  const auto model = model_of(*day, 0, {}, 10h);

  REQUIRE(model.targets.size() == 2);
  CHECK(model.targets[0].id == "NW");
  CHECK(model.targets[1].id == "PS");
  // a02 worked mostly for PS, yet NW was served in that hour: at least one agent each.
  CHECK(model.kinds[1].agents[10] == 2);
  CHECK(model.kinds[0].agents[10] == 1);
  CHECK(model.kinds[1].agents[11] == 0);
  REQUIRE(model.targets[0].calls.size() == 2);
  CHECK(model.targets[0].calls[0] ==
        RecordedCall{.at = 36205s, .service = Duration{-1}, .patience = 90s, .abandoned = true});
  CHECK(model.targets[1].calls[0].service == 120s);
}

TEST_CASE("every recorded call arrives once, by type or distribution over many targets",
          "[simulator]") {
  const auto targets = GENERATE(std::size_t{0}, std::size_t{3}, std::size_t{50});
  const auto day = day_of(*parse_trace(small_month, "x"), 0);
  REQUIRE(day);
  GroupKind like;
  like.not_ready_share = 0;
  Centre centre{model_of(*day, targets, like, 10h), 1};

  run_headless(centre, {}, 2h, false);

  std::uint64_t entered = 0;
  for (std::uint32_t target = 0; target < centre.size(); ++target)
    entered += centre.latest_counts(target).reactive.entered;
  CHECK(entered == 4);
}

TEST_CASE("a day that the month does not have is named", "[simulator]") {
  const auto day = day_of(*parse_trace(small_month, "x"), 5);

  REQUIRE_FALSE(day);
  CHECK(day.error().code == Errc::not_found);
}

}  // namespace paceline::test
