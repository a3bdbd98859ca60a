#include "services/pacelinectl/explanation_text.h"

#include "common/wire/explanation.h"
#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacelinectl;
namespace {

ExplanationStep step(const char* name, double value, const char* note = "") {
  const ExplanationField* field = find_explanation_field(name);
  REQUIRE(field);
  return {name, value, std::string{field->unit}, std::string{field->section}, note};
}

TEST_CASE("a figure is told in its unit, a share in per cent, a word as its note",
          "[pacelinectl]") {
  CHECK(value_text(step("logged_in", 3)) == "3 agents");
  CHECK(value_text(step("service_s", 12.54321)) == "12.54 s");
  CHECK(value_text(step("stat_age_s", -1)) == "never");
  CHECK(value_text(step("acceptance", 0.264)) == "26.4 %");
  CHECK(value_text(step("optimization_goal", 3)) == "3 %");
  CHECK(value_text(step("quality", 3, "good")) == "good");
  CHECK(value_text(step("integral", 0.5)) == "0.5");
}

TEST_CASE("what a figure means is its note, or what every reader is told of it", "[pacelinectl]") {
  CHECK(meaning_text(step("logged_in", 3)) == "agents of the group");
  CHECK(meaning_text(step("acceptance", 0.25, "learned")) == "learned");
  CHECK(meaning_text(step("quality", 3, "good")) == "how far the statistics may be trusted");
  CHECK(meaning_text({"of_a_newer_pacer", 1, "", "step", ""}).empty());
}

TEST_CASE("sections have titles, and one of a newer pacer its name", "[pacelinectl]") {
  for (const ExplanationSection& section : explanation_sections)
    CHECK(section_title(section.name) == section.title);
  CHECK(section_title("later\x1b") == "later?");
}

}  // namespace
}  // namespace paceline::test
