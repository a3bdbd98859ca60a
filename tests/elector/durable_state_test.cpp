#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include <rapidcheck.h>

#include "services/elector/durable_state.h"

namespace paceline::test {
using namespace elector;

TEST_CASE("a durable state is read back as it was written", "[elector][property]") {
  REQUIRE(rc::check([](std::uint64_t term, std::uint64_t incarnation) {
    const DurableState state{.term = term, .incarnation = incarnation};
    RC_ASSERT(parse_durable_state(format_durable_state(state)).value() == state);
  }));
}

TEST_CASE("a durable state that was cut off or changed anywhere is refused", "[elector]") {
  const std::string good = format_durable_state({.term = 1793, .incarnation = 12});
  for (std::size_t length = 0; length < good.size(); ++length)
    CHECK_FALSE(parse_durable_state(good.substr(0, length)));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    CHECK_FALSE(parse_durable_state(bad));
  }
}

TEST_CASE("any bytes are a durable state or an error", "[elector][property]") {
  REQUIRE(rc::check([](const std::string& bytes) {
    RC_ASSERT(!parse_durable_state(bytes));
    RC_ASSERT(!parse_durable_state("paceline-elector 1\nterm " + bytes));
  }));
}

TEST_CASE("the term file says what it is, line by line", "[elector]") {
  CHECK(format_durable_state({.term = 1793, .incarnation = 12}) ==
        "paceline-elector 1\nterm 1793\nincarnation 12\n"
        "check 5dca84887769221d\n");
  CHECK_FALSE(parse_durable_state(format_durable_state({.term = 1, .incarnation = 2}))->lost);
}

}  // namespace paceline::test
