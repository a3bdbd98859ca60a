#include "common/base/certainly.h"

#include "tests/support/catch.h"

namespace paceline::test {

TEST_CASE("what was measured is certain less its error, whichever way", "[base]") {
  CHECK(certainly_apart(3000, 500) == 2500);
  CHECK(certainly_apart(-3000, 500) == 2500);
  CHECK(certainly_apart(300, 500) == 0);
  CHECK(certainly_apart(0, 0) == 0);
}

}  // namespace paceline::test
