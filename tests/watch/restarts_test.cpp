#include "services/watch/restarts.h"

#include "tests/support/catch.h"
#include "tests/watch/fixtures.h"

namespace paceline::test {
using namespace watch;

TEST_CASE("a process that is started three times in ten minutes is told, while it is so",
          "[watch]") {
  Restarts restarts;
  for (std::uint64_t life = 1; life <= 3; ++life)
    restarts.note("b/publisher/0", 10 * life, start + life * 1min);
  CHECK(restarts.often(start + 4min).empty());  // The first was running already.

  restarts.note("b/publisher/0", 40, start + 5min);
  restarts.note("b/publisher/0", 40, start + 6min);
  restarts.note("b/publisher/0", 30, start + 6min);  // Overtaken on its way.
  const auto told = restarts.often(start + 7min);
  REQUIRE(told.size() == 1);
  CHECK(told[0].process == "b/publisher/0");
  CHECK(told[0].starts == 3);

  CHECK(restarts.often(start + 13min).empty());
}

TEST_CASE("starts that were asked for, by a reload or a stop, are not told", "[watch]") {
  Restarts restarts;
  for (std::uint64_t life = 0; life < 9; ++life)
    restarts.note("b/publisher/0", 10 * life + 1, start + life * 1min);
  CHECK(restarts.often(start + 9min).empty());
}

TEST_CASE("no more processes are known than there is room for", "[watch]") {
  Restarts restarts{1};
  for (std::uint64_t life = 1; life <= 9; ++life) {
    restarts.note("a/pacer/0", 2 * life, start);
    restarts.note("a/pacer/1", 2 * life, start);
  }
  CHECK(restarts.often(start).size() == 1);
}

}  // namespace paceline::test
