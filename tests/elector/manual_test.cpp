// What README.md and FAULTS.md say, beside what the code and the tests say. (Settings:
// config_test.cpp)
#include "tests/support/manual.h"
#include "tests/support/rule_files.h"

namespace paceline::test {

TEST_CASE("the manual lists exactly the events that an elector logs", "[elector]") {
  check_log_events("services/elector/README.md", "Log events", {"services/elector"});
}

TEST_CASE("the manual of the elector says which file has which rule", "[elector]") {
  check_rule_files("services/elector", {"host"});
}

// A word is a file of tests (`service_test`) or a rule of the simulation (`sender_is_key`) by whose
// absence a test shows that it is needed.
TEST_CASE("what a bad insider cannot do is shown by tests that exist", "[elector]") {
  const std::string simulation = tree_file("tests/elector/simulation_test.cpp");
  const std::regex path{R"(tests/([a-z]+/[a-z_]+_test))"};
  std::size_t shown = 0;
  const auto table = read_table("services/elector/FAULTS.md", "What a bad insider can do");
  for (const auto& row : table.rows) {
    const std::string& cannot = row.at(2);
    for (const auto& word : code_words(cannot)) {
      CAPTURE(word);
      ++shown;
      if (word.ends_with("_test"))
        CHECK(std::filesystem::exists(source_folder() + "/tests/elector/" + word + ".cpp"));
      else
        CHECK(simulation.find("SafetyRule::" + word) != simulation.npos);
    }
    for (std::sregex_iterator each{cannot.begin(), cannot.end(), path}, end; each != end; ++each) {
      CAPTURE((*each)[1].str());
      ++shown;
      CHECK(std::filesystem::exists(source_folder() + "/tests/" + (*each)[1].str() + ".cpp"));
    }
  }
  CHECK(shown >= 6);
}

TEST_CASE("every event that the table of faults names is one that is logged", "[elector]") {
  const auto events = code_words(section_of("services/elector/README.md", "Log events"));
  const auto settings = read_table("services/elector/SETTINGS.md", "Settings of the elector");
  const auto faults = read_table("services/elector/FAULTS.md", "When things fail");
  for (const auto& row : faults.rows)
    for (const auto& word : code_words(row[0] + row[1])) {
      if (!std::regex_match(word, std::regex{"[a-z_]+_[a-z_]+"})) continue;
      CAPTURE(word);
      const bool is_setting = std::ranges::any_of(
          settings.rows, [&](const auto& cells) { return cells[0] == "`" + word + "`"; });
      CHECK((is_setting || std::ranges::count(events, word) == 1));
    }
}

}  // namespace paceline::test
