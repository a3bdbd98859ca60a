#include "services/pacelinectl/check_list.h"

#include <nlohmann/json.hpp>

#include "tests/support/manual.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

CheckList some() {
  CheckList list;
  list.warning("clock", "b is ahead", "look at chrony");
  list.ok("topology", "good");
  list.critical("secrets", "secret | lies\nopen", "chmod 0600");
  list.unknown("processes", "none answers", "start them");
  list.figure("clock_s", "1.250");
  return list;
}

}  // namespace

TEST_CASE("a check tells each thing on a line in the order of the areas, then the sums",
          "[pacelinectl]") {
  CHECK(some().text(false) ==
        "OK        topology      good\n"
        "CRITICAL  secrets       secret | lies?open\n"
        "                        -> chmod 0600\n"
        "UNKNOWN   processes     none answers\n"
        "                        -> start them\n"
        "WARNING   clock         b is ahead\n"
        "                        -> look at chrony\n"
        "1 OK, 1 WARNING, 1 CRITICAL, 1 UNKNOWN\n");
}

TEST_CASE("a plugin's first line has the worst and the figures, the rest is worst first",
          "[pacelinectl]") {
  const CheckList list = some();

  CHECK(list.plugin("acme a") ==
        "PACELINE CRITICAL - acme a: 1 OK, 1 WARNING, 1 CRITICAL, 1 UNKNOWN; secret / lies?open | "
        "ok=1 "
        "warning=1 critical=1 unknown=1 clock_s=1.250\n"
        "CRITICAL secrets: secret / lies?open -> chmod 0600\n"
        "WARNING clock: b is ahead -> look at chrony\n"
        "UNKNOWN processes: none answers -> start them\n");
  CHECK(list.plugin_exit() == 2);
}

TEST_CASE("the exit code of a plugin is that of the worst it found", "[pacelinectl]") {
  CheckList list;
  CHECK(list.plugin_exit() == 0);
  list.ok("topology", "good");
  CHECK(list.plugin_exit() == 0);
  list.unknown("processes", "none", "start");
  CHECK(list.plugin_exit() == 3);
  list.warning("clock", "b", "look");
  CHECK(list.plugin_exit() == 1);
  list.critical("secrets", "s", "chmod");
  CHECK(list.plugin_exit() == 2);
}

TEST_CASE("a check as JSON has its state, sums, figures and every line", "[pacelinectl]") {
  const auto json = nlohmann::json::parse(some().json());

  CHECK(json["state"] == "CRITICAL");
  CHECK(json["counts"]["WARNING"] == 1);
  CHECK(json["figures"]["clock_s"] == "1.250");
  REQUIRE(json["checks"].size() == 4);
  CHECK(json["checks"][1]["area"] == "secrets");
  CHECK(json["checks"][1]["state"] == "CRITICAL");
  CHECK(json["checks"][1]["remedy"] == "chmod 0600");
}

TEST_CASE("CHECK.md has the areas of a check in their order, and no other", "[pacelinectl]") {
  std::vector<std::string> listed;
  for (const auto& row : read_table("services/pacelinectl/CHECK.md", "What is looked at").rows)
    listed.push_back(code_words(row.at(0)).at(0));

  CHECK(std::ranges::equal(listed, check_areas));
}

}  // namespace paceline::test
