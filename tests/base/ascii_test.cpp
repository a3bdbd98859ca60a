#include "common/base/ascii.h"

#include "tests/support/catch.h"

namespace paceline::test {

TEST_CASE("only the letters A to Z have a lower case", "[base]") {
  CHECK(ascii_lower(std::string_view{"AZ az 09 @[`{ \xc4\xd6"}) == "az az 09 @[`{ \xc4\xd6");
  CHECK(same_word("Retry-After", "rETRY-aFTER"));
  CHECK_FALSE(same_word("Retry-After", "Retry-Afte"));
  CHECK_FALSE(same_word("@", "`"));
}

TEST_CASE("a header field's name is made of letters, figures and some marks", "[base]") {
  CHECK(is_http_token("X-Word_1.~!#$%&'*+^`|"));
  for (const char* text : {"", "a b", "a:", "a/b", "\"a\"", "\xc3\xa4", "a\n"}) {
    CAPTURE(text);
    CHECK_FALSE(is_http_token(text));
  }
}

}  // namespace paceline::test
