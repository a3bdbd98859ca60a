#include "common/base/nearest_word.h"

#include <array>

#include "tests/support/catch.h"

namespace paceline::test {
namespace {

constexpr std::array<std::string_view, 6> words = {"id",   "channel",          "group",
                                                   "pool", "optimizationGoal", "time_zone"};

TEST_CASE("a slip of the keyboard is near to what was meant", "[base]") {
  CHECK(nearest_word("chanel", words) == "channel");
  CHECK(nearest_word("gruop", words) == "group");
  CHECK(nearest_word("Optimization Goal", words) == "optimizationGoal");
  CHECK(nearest_word("optimisation_goal", words) == "optimizationGoal");
  CHECK(nearest_word("TimeZone", words) == "time_zone");
  CHECK(nearest_word("goal", words) == "optimizationGoal");
  CHECK(nearest_word("agent group", words) == "group");
  CHECK(did_you_mean("chanel", words) == "; did you mean \"channel\"?");
}

TEST_CASE("what is far from every word is near to none", "[base]") {
  for (const std::string& word :
       {std::string{}, std::string{"--"}, std::string{"e-mail"}, std::string{"x"},
        std::string(65, 'i'), std::string{"\xff\xfe"}}) {
    CAPTURE(word);
    CHECK(nearest_word(word, words).empty());
    CHECK(did_you_mean(word, words).empty());
  }
  CHECK(nearest_word("id", {}).empty());
}

}  // namespace
}  // namespace paceline::test
