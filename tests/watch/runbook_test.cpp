// The runbook has what alerts and causes there are, and nothing else.
#include <regex>

#include "common/base/ascii.h"
#include "services/watch/causes.h"
#include "tests/support/catch.h"
#include "tests/support/manual.h"

namespace paceline::test {
using namespace watch;
namespace {

const char* const runbook = "ops/monitoring/RUNBOOK.md";

/// What the pattern's group finds.
std::set<std::string> named(const std::string& text, const char* pattern) {
  const std::regex name{pattern};
  std::set<std::string> names;
  for (std::sregex_iterator each{text.begin(), text.end(), name}, end; each != end; ++each)
    names.insert((*each)[1]);
  return names;
}

std::set<std::string> alerts() {
  return named(tree_file("ops/monitoring/alerts.yml"), "- alert: (\\w+)");
}

}  // namespace

TEST_CASE("every alert has its section in the runbook and links to it, and no other has one",
          "[watch]") {
  const auto rules = tree_file("ops/monitoring/alerts.yml");
  REQUIRE(alerts().size() > 30);
  CHECK(named(tree_file(runbook), "\n## (Paceline\\w+)") == alerts());
  for (const auto& alert : alerts()) {
    CAPTURE(alert);
    CHECK(rules.find("runbook_url: \"RUNBOOK.md#" + ascii_lower(alert) + "\"") != rules.npos);
    for (const char* part : {"**Means** ", "**Look** ", "**Do** "})
      CHECK(section_of(runbook, alert).find(part) != std::string::npos);
  }
}

TEST_CASE("every cause has its row in the runbook, which names alerts that there are", "[watch]") {
  std::set<std::string> causes;
  for (const auto& word : words_of<CauseId>) causes.insert(word.name);
  std::set<std::string> told;
  for (const auto& row : read_table(runbook, "Causes").rows) {
    told.insert(code_words(row.at(0)).at(0));
    for (const auto& alert : named(row.at(1), "(Paceline\\w+)")) CHECK(alerts().contains(alert));
  }
  CHECK(told == causes);
  for (const auto& cause : named(tree_file("ops/monitoring/alerts.yml"), "cause=\"(\\w+)\""))
    CHECK(causes.contains(cause));
}

}  // namespace paceline::test
