#include "topology/toml_text.h"

#include "tests/support/catch.h"
#include "topology/targets.h"

namespace paceline::test {

TEST_CASE("a text is written so that TOML reads it back", "[topology]") {
  CHECK(toml_string("Sales") == "\"Sales\"");
  CHECK(toml_string("a \"b\" \\ c") == "\"a \\\"b\\\" \\\\ c\"");
  CHECK(toml_string("a\tb\x7f") == "\"a\\u0009b\\u007f\"");
  const auto read =
      parse_targets("[[target]]\nid = \"t\"\nchannel = \"chat\"\nqueue = \"Q\"\ngroup = " +
                        toml_string("G\u00fcte \"\\\"") + "\n",
                    "t.toml");

  REQUIRE(read);
  CHECK(read->all[0].group == "G\u00fcte \"\\\"");
}

}  // namespace paceline::test
