// COMMANDS.md and DECIDE.md, beside the table that parses the command line.
#include <iomanip>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "services/pacelinectl/arguments.h"
#include "services/pacelinectl/command_line.h"
#include "services/pacelinectl/commands.h"
#include "tests/pacelinectl/fake_environment.h"
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

// Each line of a block that runs pacelinectl: as its words, without what a shell would do with them.
std::vector<std::vector<std::string>> commands_of(const std::string& document) {
  std::vector<std::vector<std::string>> all;
  std::istringstream text{tree_file(document)};
  bool is_block = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("```")) is_block = line == "```sh";
    const auto command = line.find("pacelinectl ");
    if (!is_block || line.starts_with('#') || command == std::string::npos) continue;
    for (std::string next; line.ends_with('\\') && std::getline(text, next);)
      line.replace(line.size() - 1, 1, next);
    std::istringstream words{line.substr(command)};
    all.emplace_back();
    for (std::string word; words >> std::quoted(word) && word != ">" && word != "|";)
      all.back().push_back(word);
  }
  return all;
}

TEST_CASE("every command of the operator's pages is one that pacelinectl understands",
          "[pacelinectl]") {
  for (const std::string document : {"ops/OPERATE.md", "ops/INSTALL.md"}) {
    const auto commands = commands_of(document);
    CHECK(commands.size() >= 3);
    for (const auto& words : commands) {
      std::vector<const char*> argv;
      for (const auto& word : words) argv.push_back(word.c_str());
      CAPTURE(document, words);
      CHECK(std::holds_alternative<Request>(
          parse_arguments(static_cast<int>(argv.size()), argv.data())));
    }
  }
}

struct DecideKey {
  std::string parent;  // "statistics", "feedback", "" = the line itself.
  std::string name;
  bool needed;
};

/// Of the table in DECIDE.md: bold ones are needed, ".idle" belongs to the object above it.
std::vector<DecideKey> decide_keys() {
  std::vector<DecideKey> keys;
  std::string parent;
  const auto table = read_table("services/pacelinectl/DECIDE.md", "decide: the engine as a filter");
  for (const auto& row : table.rows) {
    std::istringstream words{row.at(0)};
    for (std::string word; words >> word;) {
      const bool needed = word.starts_with("**");
      std::erase(word, '*');
      if (word.starts_with('.')) {
        keys.push_back({parent, word.substr(1), needed});
      } else {
        parent = word;
        keys.push_back({"", word, needed});
      }
    }
  }
  return keys;
}

/// What `decide` answers to this line.
nlohmann::json decided(const nlohmann::json& line) {
  FakeEnvironment environment;
  environment.input = line.dump() + "\n";
  Request request;
  request.command = "decide";
  run_command(request, environment);
  return nlohmann::json::parse(environment.output);
}

TEST_CASE("decide takes the keys of DECIDE.md, needs those in bold and no other", "[pacelinectl]") {
  const std::map<std::string, nlohmann::json> values = {
      {"target", "sales"}, {"time_s", 7}, {"channel", "chat"}, {"pool", "team"},
      {"quality", "good"}, {"sent", 10},  {"accepted", 5},     {"idle", 3},
      {"logged_in", 9},    {"busy", 5}};
  nlohmann::json line;
  for (const auto& [parent, name, needed] : decide_keys()) {
    if (name == "statistics" || name == "feedback") continue;
    auto& object = parent.empty() ? line : line[parent];
    object[name] = values.contains(name) ? values.at(name) : nlohmann::json(1);
  }
  line["options"] = nlohmann::json::object();
  for (const PacingOption& option : pacing_options()) {
    const std::string name{option.name};
    line["options"][name] = name == "refreshPeriod"                      ? nlohmann::json(50)
                            : option.kind == PacingOption::Kind::integer ? nlohmann::json(50)
                            : option.kind == PacingOption::Kind::boolean
                                ? nlohmann::json(true)
                                : nlohmann::json(option.text(PacingOptions{}));
  }
  const auto full = decided(line);
  CAPTURE(line.dump(), full.dump());
  REQUIRE_FALSE(full.contains("error"));

  for (const auto& [parent, name, needed] : decide_keys()) {
    auto less = line;
    (parent.empty() ? less : less[parent]).erase(name);
    const auto answer = decided(less);
    CAPTURE(parent, name, answer.dump());
    CHECK(answer.contains("error") == needed);
    if (needed) CHECK(answer["error"]["key"] == (parent.empty() ? name : parent + "." + name));

    auto more = line;
    (parent.empty() ? more : more[parent])[name + "x"] = 1;
    CHECK(decided(more).contains("error"));
  }
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
