// What README.md and SETTINGS.md say of command line, scenario, faults and log, held against the code.
#include <algorithm>
#include <map>
#include <set>

#include "services/simulator/faults.h"
#include "services/simulator/options.h"
#include "services/simulator/scenario.h"
#include "tests/support/catch.h"
#include "tests/support/manual.h"

namespace paceline::test {
using namespace simulator;
namespace {

constexpr const char* settings = "services/simulator/SETTINGS.md";

// A key of a scenario: in which table it stands, its default and range as the manual has them.
struct Key {
  std::string table;  // "[engagement]", "[[group]]", "" for the head.
  std::string name;
  std::string fallback;
  std::string range;
};

// The i-th of as many parts as there are keys; otherwise all of it is said of the first.
std::string part(const std::string& cell, std::size_t i, std::size_t keys) {
  const auto parts = parts_of(cell, ",");
  return parts.size() == keys ? parts[i] : i == 0 ? cell : "";
}

std::vector<Key> scenario_keys() {
  std::vector<Key> keys;
  std::string table;
  for (const auto& row : read_table(settings, "Scenario").rows) {
    std::vector<std::string> names;
    for (const auto& word : code_words(row[0]))
      if (word.starts_with('['))
        table = word;
      else
        names.push_back(word);
    for (std::size_t i = 0; i < names.size(); ++i)
      keys.push_back(
          {table, names[i], part(row[1], i, names.size()), part(row[2], i, names.size())});
  }
  return keys;
}

std::string toml_of(const std::string& key, const std::string& value) {
  const bool is_number =
      value.find_first_not_of("0123456789.-e+") == value.npos && !value.starts_with('"');
  const bool is_profile = key == "agents" || key == "arrivals_per_hour";
  if (value.starts_with('"') || (is_number && !is_profile)) return key + " = " + value + "\n";
  return key + " = \"" + value + "\"\n";
}

// The least scenario with that line in its table.
Result<Scenario> scenario_with(const Key& key, const std::string& line) {
  std::string group = "[[group]]\n";
  for (const char* needed : {"name = \"x\"\n", "agents = \"1\"\n", "arrivals_per_hour = \"1\"\n"})
    if (!std::string{needed}.starts_with(key.name + " ")) group += needed;
  if (key.table == "[[group]]") return parse_scenario(group + line, "s");
  return parse_scenario((key.table.empty() ? "" : key.table + "\n") + line + group, "s");
}

// What the manual says of one fault.
struct DocumentedFault {
  std::set<std::string> values;  // Words, or the ends of a range.
  std::set<std::string> wrong;   // Just beyond a range.
  std::string first;             // When nothing is wrong.
};

DocumentedFault documented_fault(const std::string& cell) {
  DocumentedFault fault;
  auto range = edges_of(cell);
  if (!range) {
    const auto words = parts_of(cell, ",");
    if (cell.starts_with("ids")) return {.values = {"t00,t07", ""}, .wrong = {}, .first = ""};
    if (cell == "\"\" or an object in JSON")
      return {.values = {"", R"({"status":302,"headers":{"Location":"/"}})"},
              .wrong = {"502", "[]", "{", R"({"state":502})"},
              .first = ""};
    return {.values = {words.begin(), words.end()}, .wrong = {}, .first = words.at(0)};
  }
  for (auto* text : {&range->least, &range->most, &range->below, &range->above})
    std::erase(*text, '"');
  fault.values = {range->least, range->most};
  fault.wrong = {range->above};
  if (!range->below.empty()) fault.wrong.insert(range->below);
  fault.first = range->least;
  return fault;
}

std::map<std::string, DocumentedFault> documented_faults() {
  std::map<std::string, DocumentedFault> faults;
  std::vector<std::string> keys;
  for (const auto& row : read_table(settings, "Faults").rows) {
    if (row[0].empty()) {  // Further values of those above.
      for (const auto& key : keys) faults.at(key).values.merge(documented_fault(row[1]).values);
      continue;
    }
    keys = code_words(row[0]);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto own = parts_of(row[1], ",").size() == keys.size() && keys.size() > 1;
      auto& fault = faults[keys[i]] = documented_fault(own ? parts_of(row[1], ",")[i] : row[1]);
      const auto bracket = row[0].find("`" + keys[i] + "` (");
      if (bracket == row[0].npos) continue;
      const auto open = row[0].find('(', bracket) + 1;
      fault.first = row[0].substr(open, row[0].find(')', open) - open);
    }
  }
  return faults;
}

}  // namespace

TEST_CASE("the manual's table of the command line has every option", "[simulator]") {
  const char* line[] = {"simulator", "--help"};
  const auto help = parse_options(2, line).early_exit.value().text;
  const auto options_of = [](const std::string& text) {
    std::set<std::string> options;
    for (auto at = text.find("--"); at != text.npos; at = text.find("--", at + 2)) {
      const auto end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", at);
      options.insert(text.substr(at, end - at));
    }
    return options;
  };
  std::string told = "--help";
  for (const auto& row : read_table(settings, "Command line").rows) told += " " + row[0];

  CHECK(options_of(told) == options_of(help));
}

TEST_CASE("a scenario's table in the manual has every key that is read", "[simulator]") {
  std::set<std::string> told;
  for (const Key& key : scenario_keys()) told.insert(key.name);
  const auto source = tree_file("services/simulator/scenario.cpp");
  std::set<std::string> read;
  for (const char* call : {"settings.text(", "settings.secret(", "settings.integer(",
                           "settings.real(", "settings.duration(", "profile(settings, "})
    read.merge(texts_behind(source, call));
  for (const auto& name : texts_behind(source, "distribution(settings, ")) {
    read.insert(name + "_mean");
    read.insert(name + "_cv");
  }

  CHECK(read == told);
}

TEST_CASE("a scenario's key has the default of the manual, and its range", "[simulator]") {
  const Scenario least =
      parse_scenario("[[group]]\nname = \"x\"\nagents = \"1\"\narrivals_per_hour = \"1\"\n", "s")
          .value();
  int ranges = 0;
  for (const Key& key : scenario_keys()) {
    if (key.table == "[[fault]]") continue;
    CAPTURE(key.table, key.name, key.fallback, key.range);
    if (!key.fallback.empty()) CHECK(scenario_with(key, toml_of(key.name, key.fallback)) == least);
    const auto range = edges_of(key.range);
    if (!range) continue;
    ++ranges;
    CHECK(scenario_with(key, toml_of(key.name, range->least)));
    CHECK(scenario_with(key, toml_of(key.name, range->most)));
    if (!range->below.empty()) CHECK_FALSE(scenario_with(key, toml_of(key.name, range->below)));
    CHECK_FALSE(scenario_with(key, toml_of(key.name, range->above)));
  }
  CHECK(ranges == 26);
  for (const char* needed : {"name", "agents", "arrivals_per_hour"}) {
    const auto without =
        scenario_with({.table = "[[group]]", .name = needed, .fallback = {}, .range = {}}, "");
    REQUIRE_FALSE(without);
    CHECK(without.error().detail.find(std::string{needed} + " is missing") != std::string::npos);
  }
  CHECK_FALSE(parse_scenario("[[fault]]\nendpoint = \"429\"\n", "s"));  // Without `at`.
}

TEST_CASE("the manual's table of faults has every fault with every value", "[simulator]") {
  const auto faults = documented_faults();
  std::set<std::string> told;
  for (const auto& [key, fault] : faults) {
    told.insert(key);
    for (const auto& value : fault.values) {
      CAPTURE(key, value);
      CHECK(with_fault({}, key, value));
    }
    for (const auto& value : fault.wrong) {
      CAPTURE(key, value);
      CHECK_FALSE(with_fault({}, key, value));
    }
  }
  const auto has = [&](const char* key, std::string_view word) {
    CAPTURE(key, word);
    CHECK(faults.at(key).values.contains(std::string{word}));
  };

  CHECK(told == std::set<std::string>{fault_keys().begin(), fault_keys().end()});
  for (int i = 0; i <= static_cast<int>(ServerFault::truncated); ++i)
    has("statserver_backup", to_string(static_cast<ServerFault>(i)));
  for (int i = 0; i <= static_cast<int>(EndpointFault::foreign_certificate); ++i)
    has("endpoint", to_string(static_cast<EndpointFault>(i)));
  for (int i = 0; i <= static_cast<int>(TokenFault::hang); ++i)
    has("token", to_string(static_cast<TokenFault>(i)));
}

TEST_CASE("a fault ends when it is set to its first value, or to that in brackets", "[simulator]") {
  for (const auto& [key, fault] : documented_faults()) {
    CAPTURE(key, fault.first);
    for (const auto& value : fault.values) {
      if (value == "reset" || value == "forget") continue;  // Once: nothing is in force.
      const auto set = with_fault({}, key, value);
      REQUIRE(set);
      CHECK(with_fault(*set, key, fault.first) == Faults{});
    }
  }
}

TEST_CASE("what is in force of a fault is told in the form in which it is set", "[simulator]") {
  for (const auto& [key, fault] : documented_faults()) {
    for (const auto& value : fault.values) {
      if (value == "reset" || value == "forget") continue;  // Once: nothing is in force.
      CAPTURE(key, value);
      const Faults set = with_fault({}, key, value).value();

      const auto told = fault_value(set, key);

      const auto* text = std::get_if<std::string>(&told);
      const auto again = with_fault({}, key, text ? *text : std::to_string(std::get<double>(told)));
      REQUIRE(again);
      CHECK(*again == set);
    }
  }
}

TEST_CASE("the manual of the simulator names every event of its log, and no other", "[simulator]") {
  check_log_events("services/simulator/README.md", "Log events", {"services/simulator"},
                   {"publication_refused_over"});  // Of FaultLog.
}

}  // namespace paceline::test
