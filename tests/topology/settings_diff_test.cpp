#include "topology/settings_diff.h"

#include "tests/support/catch.h"

namespace paceline::test {
namespace {

std::vector<std::string> changes_of(std::string_view before, std::string_view after) {
  std::vector<std::string> texts;
  const auto changes = diff_settings(before, after);
  REQUIRE(changes);
  for (const auto& change : *changes) texts.push_back(change.text());
  return texts;
}

}  // namespace

TEST_CASE("settings that are added, removed and changed are told by their whole keys",
          "[topology]") {
  CHECK(changes_of("a = 1\n[publisher]\ngap = \"300ms\"\n[nodes.a]\nhost = \"x\"\n",
                   "[publisher]\ngap = \"200ms\"\n[nodes.a]\nhost = \"x\"\nport = 7100\n") ==
        std::vector<std::string>{"- a 1", "+ nodes.a.port 7100",
                                 "publisher.gap \"300ms\" -> \"200ms\""});
}

TEST_CASE("a number is told as people write it", "[topology]") {
  CHECK(changes_of("[p]\nwarn_share = 0.4\n", "[p]\nwarn_share = 0.41\n") ==
        std::vector<std::string>{"p.warn_share 0.4 -> 0.41"});
}

TEST_CASE("comments, order and layout of settings make no difference", "[topology]") {
  CHECK(changes_of("[p]\na = 1 # why\nb = [1, 2]\n[q]\nc = true\n",
                   "q.c = true\n[p]\nb = [ 1,\n 2 ]\na = 1\n")
            .empty());
}

TEST_CASE("a text that is no TOML has no settings", "[topology]") {
  CHECK_FALSE(diff_settings("a = 1\n", "a = \n"));
  CHECK_FALSE(diff_settings("a = \n", "a = 1\n"));
}

}  // namespace paceline::test
