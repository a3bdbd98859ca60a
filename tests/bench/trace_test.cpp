#include "tests/bench/trace.h"

#include <rapidcheck.h>

#include "tests/support/catch.h"

namespace paceline::test {
namespace {

std::string month_of(int calls) {
  std::string text = "day,vru_entry_s,vru_s,type,priority,queue_s,outcome,service_s,agent\n";
  for (int i = 0; i < calls; ++i) {
    const std::string at = std::to_string(1000 + 10 * i);
    text +=
        i % 4 == 0 ? "1," + at + ",5,PS,0,20,HANG,0,\n" : "1," + at + ",5,PS,0,10,AGENT,60,ANN\n";
  }
  return text;
}

}  // namespace

TEST_CASE("a trace knows its calls, its staff and their patience", "[bench]") {
  const auto trace = parse_trace(month_of(400));

  REQUIRE(trace);
  REQUIRE(trace->days.size() == 1);
  CHECK(trace->days[0].calls.size() == 400);
  CHECK(trace->days[0].calls[0].at_s == 1005);
  CHECK(trace->days[0].calls[0].left);
  CHECK(trace->mean_service_s == Approx(60));
  CHECK(trace->mean_patience_s == Approx((300 * 10 + 100 * 20) / 100.0));
  CHECK(trace->days[0].staff.front().agents == 1);
  CHECK(trace->days[0].staff.back().agents == 0);
}

TEST_CASE("a broken line of a trace is named", "[bench]") {
  CHECK(parse_trace("head\n1,2,3\n").error().detail == "line 2: fewer than 9 columns");
  CHECK(parse_trace("head\n1,x,3,PS,0,0,AGENT,1,A\n").error().detail == "line 2: not a number: x");
  CHECK_FALSE(parse_trace(""));
}

TEST_CASE("any bytes give a trace or an error", "[bench][property]") {
  REQUIRE(rc::check([](const std::string& bytes) { (void)parse_trace("head\n" + bytes); }));
}

}  // namespace paceline::test
