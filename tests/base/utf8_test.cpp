#include "common/base/utf8.h"

#include <rapidcheck.h>

#include "tests/support/catch.h"

namespace paceline::test {

TEST_CASE("UTF-8 is that of RFC 3629", "[base]") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80"));
  CHECK(!is_utf8("\xc0\xaf"));          // Overlong.
  CHECK(!is_utf8("\xed\xa0\x80"));      // A surrogate.
  CHECK(!is_utf8("\xf4\x90\x80\x80"));  // Beyond U+10FFFF.
  CHECK(!is_utf8("\xe2\x82"));          // Cut off.
}

TEST_CASE("what is no UTF-8 is replaced byte by byte, the rest stays", "[base]") {
  CHECK(repaired_utf8("a\xff z\xc3\xbcrich\xe2\x82") ==
        "a\xef\xbf\xbd z\xc3\xbcrich\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("what a stranger said is shown shortened and printable", "[base]") {
  CHECK(printable_ascii("no such client", 80) == "no such client");
  CHECK(printable_ascii("\x1b[2J\n\xc3\xa9", 80) == "?[2J???");
  CHECK(printable_ascii("0123456789", 4) == "0123");
}

TEST_CASE("any bytes repaired are UTF-8, and UTF-8 stays as it is", "[base][property]") {
  REQUIRE(rc::check([](const std::string& bytes) {
    const std::string repaired = repaired_utf8(bytes);

    RC_ASSERT(is_utf8(repaired));
    RC_ASSERT(repaired_utf8(repaired) == repaired);
  }));
}

}  // namespace paceline::test
