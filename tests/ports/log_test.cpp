#include "common/ports/log.h"

#include <rapidcheck.h>

#include <limits>

#include "tests/support/catch.h"
#include "tests/support/sim_world.h"

namespace paceline::test {

TEST_CASE("an event reads as one line of words", "[ports]") {
  const LogField fields[] = {
      {"role", "master"}, {"term", 513u}, {"why", "no peer heard"}, {"age", Duration{1500ms}}};

  CHECK(format_log_line(WallTime{}, LogLevel::info, "a/elector/0", "role_changed", fields) ==
        "1970-01-01T00:00:00.000Z info a/elector/0 role_changed role=master term=513 "
        "why=\"no peer heard\" age=1500ms");
  CHECK(
      format_log_json(WallTime{}, LogLevel::warn, "a/elector/0", "role_changed", fields) ==
      R"({"time":"1970-01-01T00:00:00.000Z","level":"warn","process":"a/elector/0",)"
      R"("event":"role_changed","role":"master","term":513,"why":"no peer heard","age":"1500ms"})");
}

TEST_CASE("no value can break out of its line", "[ports][property]") {
  REQUIRE(rc::check([](const std::string& hostile) {
    const LogField fields[] = {{"value", hostile}};
    for (const auto& line : {format_log_line(WallTime{}, LogLevel::info, "p", "e", fields),
                             format_log_json(WallTime{}, LogLevel::info, "p", "e", fields)})
      RC_ASSERT(line.find_first_of("\n\r") == std::string::npos);
  }));
}

TEST_CASE("numbers that JSON does not have are quoted there", "[ports]") {
  const LogField fields[] = {{"x", std::numeric_limits<double>::quiet_NaN()}};

  CHECK(format_log_json(WallTime{}, LogLevel::info, "p", "e", fields).ends_with("\"x\":\"nan\"}"));
}

TEST_CASE("a fault is told when it begins and when it ends with its count", "[ports]") {
  SimWorld sim{1};
  auto& world = sim.process({"a", "pacer", 0});
  FaultLog fault{world.log, "stat_refused"};

  for (int i = 0; i < 3; ++i) fault.bad({{"why", "garbage"}});
  fault.good();
  fault.good();

  REQUIRE(sim.log().size() == 2);
  CHECK(sim.log()[0].event == "stat_refused");
  CHECK(sim.log()[1].event == "stat_refused_over");
  CHECK(sim.log()[1].line.find("count=3") != std::string::npos);
}

TEST_CASE("a fault that somebody else decides about is over once it is good for long", "[ports]") {
  SimWorld sim{1};
  auto& world = sim.process({"a", "pacer", 0});
  FaultLog fault{world.log, "lied", 3};

  for (int i = 0; i < 10; ++i) {
    fault.bad();
    fault.good();
    fault.good();
  }
  CHECK(sim.log().size() == 1);
  fault.good();

  REQUIRE(sim.log().size() == 2);
  CHECK(sim.log().back().line.find("lied_over count=10") != std::string::npos);
}

}  // namespace paceline::test
