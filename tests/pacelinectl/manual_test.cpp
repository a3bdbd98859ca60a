#include "services/pacelinectl/manual.h"

#include <algorithm>

#include "services/pacelinectl/commands.h"
#include "tests/support/catch.h"
#include "tests/support/has.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

TEST_CASE("the manual names every command, its words and options", "[pacelinectl]") {
  const std::string all = manual_page();

  REQUIRE(command_line().commands.size() > 15);
  for (const CommandRule& command : command_line().commands) {
    CAPTURE(command.name);
    CHECK(has(all, "see \\fBpacelinectl\\-"));
    const std::string page = manual_page(command);
    for (const ArgumentRule& word : command.arguments)
      CHECK(has(page, "\\fI" + word.name + "\\fR"));
    CHECK(has(page, "EXIT STATUS"));
  }
  CHECK(has(all, "\\fBPACELINE_TOPOLOGY\\fR"));
  CHECK(has(manual_page(*command_line().find("topology")), ".SS topology check\n"));
}

TEST_CASE("every command but the shells' own is in the command line", "[pacelinectl]") {
  for (const Command& command : commands()) {
    const std::string name{command.name};
    if (name == "__complete") continue;
    const auto space = name.find(' ');
    const CommandRule* rule = command_line().find(name.substr(0, space));
    CAPTURE(name);
    REQUIRE(rule);
    CHECK(!rule->summary.empty());
    if (space != name.npos) CHECK(rule->find(name.substr(space + 1)));
  }
}

TEST_CASE("no line of a page begins with what roff would take for a request of its own",
          "[pacelinectl]") {
  CommandRule command{.name = "x",
                      .summary = ".hidden",
                      .details = "'quoted'\n\\backslash - dash\n\nExample:\n  .dot",
                      .arguments = {},
                      .options = {},
                      .commands = {}};

  const std::string page = manual_page(command);

  CHECK(has(page, "\\&.hidden"));
  CHECK(has(page, "\n\\&'quoted'\n\\ebackslash \\- dash\n"));
}

}  // namespace
}  // namespace paceline::test
