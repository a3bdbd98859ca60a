// COMMANDS.md and DECIDE.md, beside the table that parses the command line.
#include <sstream>

#include "services/pacelinectl/command_line.h"
#include "services/pacelinectl/commands.h"
#include "tests/support/catch.h"
#include "tests/support/manual.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

const CommandRule* rule_of(const std::string& command) {
  const auto space = command.find(' ');
  const CommandRule* rule = command_line().find(command.substr(0, space));
  return !rule || space == command.npos ? rule : rule->find(command.substr(space + 1));
}

/// One row of the table of commands: `targets import FROM [TO]`, or `events [--limit --follow]`.
struct Documented {
  explicit Documented(const std::string& cell) {
    for (const auto& word : code_words(cell)) text += " " + word;
    std::string bare = text;
    std::erase_if(bare, [](char c) { return c == '[' || c == ']'; });
    std::istringstream words{bare};
    for (std::string word; words >> word;) {
      if (word.starts_with("--"))
        options.insert(word);
      else if (word == "...")
        has_more = true;
      else if (name.empty() || (options.empty() && rule_of(name + " " + word)))
        name += (name.empty() ? "" : " ") + word;
    }
  }

  std::string text;
  std::string name;
  std::set<std::string> options;
  bool has_more = false;  // Of its options.
};

std::vector<Documented> documented() {
  std::vector<Documented> all;
  const auto table = read_table("services/pacelinectl/COMMANDS.md", "pacelinectl: commands");
  for (const auto& row : table.rows) all.emplace_back(row.at(0));
  return all;
}

TEST_CASE("COMMANDS.md has every command, and no other", "[pacelinectl]") {
  std::set<std::string> names = {"statserver"};  // With or without `status`.
  for (const auto& each : documented()) {
    CAPTURE(each.text);
    CHECK(names.insert(each.name).second);
  }

  std::set<std::string> there;
  for (const Command& command : commands())
    if (command.name != "__complete") there.insert(std::string{command.name});
  CHECK(names == there);
}

TEST_CASE("COMMANDS.md has the words and options of each command's help", "[pacelinectl]") {
  for (const auto& each : documented()) {
    const CommandRule* rule = rule_of(each.name);
    CAPTURE(each.text);
    REQUIRE(rule);
    std::set<std::string> options;
    for (const OptionRule& option : rule->options)
      if (option.name != "--help") options.insert(option.name);
    for (const auto& option : each.options) {
      CAPTURE(option);
      CHECK(options.contains(option));
    }
    if (!each.has_more) CHECK(each.options == options);
    for (const ArgumentRule& argument : rule->arguments) {
      CAPTURE(argument.name);
      CHECK((each.text.find("[" + argument.name) == std::string::npos) == argument.required);
      CHECK(each.text.find(argument.name) != std::string::npos);
    }
  }
}

TEST_CASE("DECIDE.md has every option of decide", "[pacelinectl]") {
  const std::string text = tree_file("services/pacelinectl/DECIDE.md");
  std::set<std::string> listed;
  for (const auto& word : code_words(text.substr(text.find("\nFlags:"))))
    if (word.starts_with("--")) listed.insert(word);
  std::set<std::string> options;
  for (const OptionRule& option : rule_of("decide")->options)
    if (option.name != "--help") options.insert(option.name);

  CHECK(listed == options);
}

TEST_CASE("the readme of pacelinectl names the exit codes that help does", "[pacelinectl]") {
  std::string readme = section_of("services/pacelinectl/README.md", "Exit codes");
  std::string help = command_line().details;
  for (auto* text : {&readme, &help}) std::ranges::replace(*text, '\n', ' ');

  for (const char* code :
       {"0 fine;", "1 nobody answered, or the answer was no;",
        "2 the command line, or a file that cannot be read;", "3 a check found mistakes"}) {
    CHECK(readme.find(code) != std::string::npos);
    CHECK(help.find(code) != std::string::npos);
  }
}

}  // namespace
}  // namespace paceline::test
