// Whose feedback counts, and which of it is too old.
#include "services/pacer/masterships.h"

#include <rapidcheck.h>

#include <map>

#include "tests/support/catch.h"

namespace paceline::test {
using namespace pacer;
namespace {

constexpr FeedbackOrder absurd{UINT64_MAX, UINT64_MAX};

Instant at(Duration since) {
  return Instant{1000s} + since;
}

}  // namespace

TEST_CASE("nobody's feedback counts before the elector has named a master", "[pacer]") {
  Masterships masterships{30s};

  CHECK(masterships.verdict("a", {1, 1}, at(0s)) == Verdict::foreign);
  CHECK(masterships.verdict("", {1, 1}, at(0s)) == Verdict::foreign);
}

TEST_CASE("only the master's feedback counts", "[pacer]") {
  Masterships masterships{30s};

  CHECK(masterships.hold("a", at(0s)));

  CHECK(masterships.verdict("a", {1, 1}, at(1h)) == Verdict::counts);
  CHECK(masterships.verdict("b", absurd, at(0s)) == Verdict::foreign);
}

TEST_CASE("a former master counts for its bound and until the new one speaks", "[pacer]") {
  Masterships masterships{30s};
  masterships.hold("a", at(0s));
  masterships.hold("", at(10s));
  CHECK(masterships.hold("b", at(12s)));

  CHECK(masterships.verdict("a", {1, 7}, at(40s)) == Verdict::counts);
  CHECK(masterships.verdict("a", {1, 7}, at(41s)) == Verdict::foreign);

  masterships.take("b", {2, 1});

  CHECK(masterships.verdict("a", {1, 8}, at(13s)) == Verdict::older);
  CHECK(masterships.verdict("b", {2, 1}, at(13s)) == Verdict::counts);
}

TEST_CASE("what is older than its sender's newest word does not count", "[pacer]") {
  Masterships masterships{30s};
  masterships.hold("a", at(0s));

  CHECK(masterships.take("a", {2, 5}));

  CHECK(masterships.verdict("a", {1, 900}, at(1s)) == Verdict::older);
  CHECK(masterships.verdict("a", {2, 5}, at(1s)) == Verdict::counts);
  CHECK(!masterships.take("a", {2, 5}));
}

TEST_CASE("an absurd term of one mastership does not bind the next", "[pacer]") {
  Masterships masterships{30s};
  masterships.hold("a", at(0s));
  masterships.take("a", absurd);
  REQUIRE(masterships.verdict("a", {3, 1}, at(1s)) == Verdict::older);

  masterships.hold("b", at(2s));
  CHECK(masterships.verdict("b", {2, 1}, at(2s)) == Verdict::counts);
  masterships.hold("a", at(3s));
  CHECK(masterships.verdict("a", {3, 1}, at(3s)) == Verdict::counts);
}

TEST_CASE("hearing the same master again changes nothing", "[pacer]") {
  Masterships masterships{30s};
  masterships.hold("a", at(0s));
  masterships.take("a", {2, 5});

  CHECK(!masterships.hold("a", at(1s)));

  CHECK(masterships.verdict("a", {2, 4}, at(1s)) == Verdict::older);
}

TEST_CASE("whoever was not held for master within the bound never counts and whoever is held can",
          "[pacer][property]") {
  CHECK(rc::check([] {
    Masterships masterships{30s};
    std::map<std::string, Instant> held_until;
    std::string held;
    Instant now = at(0s);
    for (int step = 0; step < 60; ++step) {
      now += std::chrono::seconds{*rc::gen::inRange(0, 20)};
      const std::string node =
          *rc::gen::element(std::string{"a"}, std::string{"b"}, std::string{"c"}, std::string{});
      if (*rc::gen::inRange(0, 3) == 0) {
        if (!held.empty()) held_until[held] = now;
        const bool changed = node != held;
        held = node;
        masterships.hold(node, now);
        if (changed && !node.empty())
          RC_ASSERT(masterships.verdict(node, {0, 0}, now) == Verdict::counts);
        continue;
      }
      const FeedbackOrder order{*rc::gen::arbitrary<std::uint64_t>(),
                                *rc::gen::arbitrary<std::uint64_t>()};
      if (masterships.verdict(node, order, now) != Verdict::counts) continue;
      RC_ASSERT(node == held || (held_until.contains(node) && now - held_until[node] <= 30s));
      masterships.take(node, order);
    }
  }));
}

TEST_CASE("a former master's last words have their order too", "[pacer]") {
  Masterships masterships{30s};
  masterships.hold("a", at(0s));
  masterships.take("a", {2, 5});
  masterships.hold("b", at(10s));

  CHECK(masterships.master() == "b");
  CHECK(masterships.verdict("a", {2, 4}, at(11s)) == Verdict::older);
  CHECK(masterships.verdict("a", {2, 5}, at(11s)) == Verdict::counts);
  CHECK(masterships.take("a", {2, 6}));
  CHECK(masterships.verdict("a", {2, 5}, at(11s)) == Verdict::older);
  CHECK(masterships.verdict("b", {1, 1}, at(11s)) == Verdict::counts);
  CHECK(!masterships.hold("", at(12s)));
}

}  // namespace paceline::test
