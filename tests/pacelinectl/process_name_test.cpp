#include "services/pacelinectl/process_name.h"

#include "services/pacelinectl/cluster_file.h"
#include "tests/pacelinectl/fake_environment.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

std::string named(std::string_view text, const std::string& node = "a") {
  FakeEnvironment environment;
  const auto cluster = load_cluster({.topology = "/etc/demo.toml", .node = node}, environment);
  REQUIRE(cluster);
  const auto names = parse_process_name(text, cluster->topology, cluster->self());
  if (!names) return names.error().detail;
  std::string all;
  for (const auto& [process, index] : *names) all += process + " " + std::to_string(index) + ";";
  return all;
}

TEST_CASE("a process is one by its index and all of the node without", "[pacelinectl]") {
  CHECK(named("pacer") == "pacer 0;pacer 1;");
  CHECK(named("pacer-0") == "pacer 0;");
  CHECK(named("pacer/1") == "pacer 1;");
  CHECK(named("elector") == "elector 0;");
  CHECK(named("elector-0") == "elector 0;");
}

TEST_CASE("a process that the node does not run is named with those that it runs",
          "[pacelinectl]") {
  CHECK(named("pacer", "w") == "'pacer': node w runs elector");
  for (const char* text : {"", "-", "pacer-", "pacer-2", "pacer--1", "pacer-1x", "pace", "pacer1"})
    CHECK(named(text).starts_with(std::string{"'"} + text + "': node a runs "));
}

}  // namespace
}  // namespace paceline::test
