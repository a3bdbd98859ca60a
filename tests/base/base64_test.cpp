#include "common/base/base64.h"

#include "tests/support/catch.h"

namespace paceline::test {

TEST_CASE("base64 is that of RFC 4648, padding and all", "[base]") {
  CHECK(base64("").empty());
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64(std::string_view{"\xff\x00\xfe", 3}) == "/wD+");
}

}  // namespace paceline::test
