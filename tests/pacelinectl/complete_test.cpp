#include "services/pacelinectl/complete.h"

#include <algorithm>

#include "services/pacelinectl/command_line.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

std::vector<std::string> live_asked;

Completion completed(const std::vector<std::string>& words) {
  live_asked.clear();
  return complete(words, [](const std::string& kind, const std::string& beginning) {
    live_asked.push_back(kind + " " + beginning);
    return std::vector<std::string>{"t00", "t01", "x"};
  });
}

std::vector<std::string> values(const std::vector<std::string>& words) {
  std::vector<std::string> all;
  for (const auto& [value, help] : completed(words).values) all.push_back(value);
  return all;
}

using Words = std::vector<std::string>;

TEST_CASE("commands are completed, and those below them", "[pacelinectl]") {
  CHECK(values({"sta"}) == Words{"status", "statserver"});
  CHECK(values({"topology", ""}) == Words{"check", "draw", "diff", "import", "edit", "plan",
                                          "rollback", "rename", "supervisor", "units"});
  CHECK(values({"--json", "ver"}) == Words{"version"});
  CHECK(values({"status", ""}).empty());
  CHECK(std::ranges::count(values({""}), "__complete") == 0);
}

TEST_CASE("options are those of the command and of all commands", "[pacelinectl]") {
  const auto options = values({"targets", "--"});

  for (const char* name : {"--search", "--ids", "--topology", "--json", "--help"})
    CHECK(std::ranges::count(options, name) == 1);
  CHECK(values({"what-if", "t0", "--ag"}) == Words{"--agents"});
}

TEST_CASE("values are those of the place", "[pacelinectl]") {
  CHECK(values({"targets", "--state", "d"}) == Words{"degraded", "disabled"});
  CHECK(values({"loglevel", "pacer", ""}) == Words{"debug", "info", "warn", "error"});
  CHECK(values({"watch", "p"}) == Words{"pace", "publication"});
  CHECK(values({"schema", "pace"}) == Words{"pace_cycle", "pace"});
  CHECK(values({"completion", ""}) == Words{"bash", "zsh", "fish"});
  CHECK(values({"targets", "--sort", "aban"}) == Words{"abandonment"});
  CHECK(values({"man", "top"}) == Words{"top", "topology"});
  CHECK(completed({"topology", "check", ""}).files);
  CHECK(completed({"--topology", "x"}).files);
  CHECK_FALSE(completed({"status", ""}).files);
}

TEST_CASE("targets, processes and nodes are asked of the cluster", "[pacelinectl]") {
  CHECK(values({"explain", "t0"}) == Words{"t00", "t01"});
  CHECK(live_asked == Words{"TARGET t0"});
  completed({"loglevel", "el"});
  CHECK(live_asked == Words{"PROCESS el"});
  completed({"handover", ""});
  CHECK(live_asked == Words{"NODE "});
  completed({"explain", "t00", ""});
  CHECK(live_asked.empty());
}

TEST_CASE("any half typed line completes to something or nothing", "[pacelinectl]") {
  for (const Words& words : std::vector<Words>{{},
                                               {"-"},
                                               {"--", ""},
                                               {"--limit"},
                                               {"nonsense", ""},
                                               {"targets", "--sort"},
                                               {"", "", ""}})
    CHECK_NOTHROW(completed(words));
}

}  // namespace
}  // namespace paceline::test
