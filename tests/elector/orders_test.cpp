#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include <rapidcheck.h>

#include <algorithm>
#include <limits>
#include <random>

#include "common/wire/election.h"
#include "services/elector/orders.h"

namespace paceline::test {
using namespace elector;
namespace {

constexpr auto last_ms = static_cast<std::uint64_t>(max_wall_ms);

PauseWord merged(const std::vector<PauseWord>& words) {
  PauseWord known;
  for (const auto& word : words)
    if (supersedes(word, known)) known = word;
  return known;
}

}  // namespace

TEST_CASE("words about a pause come to the same last one in any order", "[elector][property]") {
  REQUIRE(rc::check([](std::uint32_t seed) {
    std::vector<PauseWord> words;
    for (std::uint64_t ms = 1; ms <= 3; ++ms)
      for (const char* why : {"", "a drill", "no agents"}) words.push_back({why, ms});
    std::shuffle(words.begin(), words.end(), std::mt19937{seed});

    RC_ASSERT(merged(words) == (PauseWord{"no agents", 3}));
  }));
}

TEST_CASE("of the same instant the word that pauses counts", "[elector]") {
  CHECK(supersedes({"a drill", 7}, {"", 7}));
  CHECK_FALSE(supersedes({"", 7}, {"a drill", 7}));
  CHECK_FALSE(supersedes({"a drill", 7}, {"a drill", 7}));
  CHECK(supersedes({"", 8}, {"a drill", 7}));
}

TEST_CASE("what is ordered now is the last word, whatever the clock says", "[elector]") {
  const PauseWord paused{"a drill", 1'795'373'026'375};

  CHECK(next_word(paused, "", paused.ms + 5000) == (PauseWord{"", paused.ms + 5000}));
  CHECK(next_word(paused, "", 0) == (PauseWord{"", paused.ms + 1}));
  CHECK(next_word({}, "x", 0) == (PauseWord{"x", 1}));
}

TEST_CASE("a clock gone mad does not use the words up", "[elector]") {
  const auto mad = next_word({}, "x", std::numeric_limits<std::uint64_t>::max());
  REQUIRE(mad);
  CHECK(mad->ms < last_ms / 2);
  CHECK(next_word(*mad, "", 1'795'373'026'375) == (PauseWord{"", mad->ms + 1}));

  CHECK(next_word({"x", last_ms - 1}, "", 0) == (PauseWord{"", last_ms}));
  const auto none = next_word({"x", last_ms}, "", 0);
  REQUIRE_FALSE(none);
  CHECK(none.error().detail.find("delete their orders-CLUSTER files") != std::string::npos);
}

TEST_CASE("a reason is one line that can be read and is not endless", "[elector]") {
  CHECK(checked_why("Feuerübung, 14 Uhr"));
  CHECK(checked_why(std::string(max_why_bytes, 'x')));
  for (const std::string& why :
       {std::string{}, std::string(max_why_bytes + 1, 'x'), std::string{"two\nlines"},
        std::string{"\x1b[2J"}, std::string{"\xff"}, std::string{"nul\0", 4}}) {
    CAPTURE(why);
    CHECK_FALSE(checked_why(why));
  }
}

TEST_CASE("orders are read back as they were written", "[elector]") {
  for (const Orders& orders :
       {Orders{}, Orders{.pause = {"a drill", 1'795'373'026'375}, .maintenance = ""},
        Orders{.pause = {"", last_ms}, .maintenance = "check 1, pause 2"}}) {
    CAPTURE(format_orders(orders));
    CHECK(parse_orders(format_orders(orders)) == orders);
  }
}

TEST_CASE("the file of orders says what it is, line by line", "[elector]") {
  const std::string text = format_orders({.pause = {"a drill", 12}, .maintenance = "new disks"});

  CHECK(text.substr(0, text.find("check ")) ==
        "paceline-orders 1\npause_ms 12\npause a drill\nmaintenance new disks\n");
}

TEST_CASE("orders that were cut off or changed anywhere are refused", "[elector]") {
  const std::string good = format_orders({.pause = {"a drill", 12}, .maintenance = "new disks"});
  for (std::size_t length = 0; length < good.size(); ++length)
    CHECK_FALSE(parse_orders(good.substr(0, length)));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    CHECK_FALSE(parse_orders(bad));
  }
  CHECK_FALSE(parse_orders(good + "x"));
  CHECK_FALSE(parse_orders(format_orders({.pause = {"x", last_ms + 1}, .maintenance = ""})));
}

TEST_CASE("any bytes are orders or an error", "[elector][property]") {
  REQUIRE(rc::check([](const std::string& bytes) {
    RC_ASSERT(!parse_orders(bytes));
    RC_ASSERT(!parse_orders("paceline-orders 1\npause_ms " + bytes));
  }));
}

}  // namespace paceline::test
