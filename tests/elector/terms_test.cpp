#include "tests/support/catch.h"
// The rest after Catch: its CHECK is the one we mean.
#include <rapidcheck.h>

#include "services/elector/terms.h"
#include "tests/support/start.h"

namespace paceline::test {
using namespace elector;
namespace {

std::uint64_t term(std::uint64_t counter) {
  return counter << 8 | 2;
}

}  // namespace

TEST_CASE("a term within a step is heard, one beyond lifts what is known by the step",
          "[elector]") {
  KnownTerms known{term(5), 200ms, true};

  CHECK(known.hear(term(6), start));
  CHECK(known.hear(term(5 + most_lifted), start));
  CHECK(known.highest() == term(5 + most_lifted));
  KnownTerms other{term(5), 200ms, true};
  CHECK_FALSE(other.hear(term(6 + most_lifted), start));
  CHECK(counter_of(other.highest()) == 5 + most_lifted);
}

TEST_CASE("terms rise by one step in a period, however often somebody speaks", "[elector]") {
  KnownTerms known{term(0), 200ms, true};
  for (std::uint64_t i = 1; i < 1000; ++i) known.hear(term(i * most_lifted), start);

  CHECK(counter_of(known.highest()) == most_lifted);
  known.hear(largest_term, start + 199ms);
  CHECK(counter_of(known.highest()) == most_lifted);
  known.hear(largest_term, start + 200ms);
  CHECK(counter_of(known.highest()) == 2 * most_lifted);
}

TEST_CASE("a node that was away for years catches up", "[elector]") {
  KnownTerms known{term(5), 200ms, true};
  const auto far = term(std::uint64_t{1} << 30);
  int periods = 0;

  while (!known.hear(far, start + 200ms * periods)) ++periods;

  CHECK(periods == (1 << 10) - 1);
  CHECK(known.highest() == far);
}

TEST_CASE("a term beyond the largest is never believed, in no number of steps", "[elector]") {
  KnownTerms known{largest_term - 256, 200ms, true};

  CHECK_FALSE(known.hear(largest_term + 1, start));
  CHECK_FALSE(known.hear(~std::uint64_t{0}, start + 1h));
  CHECK(known.highest() == largest_term - 256);
  CHECK(known.hear(largest_term, start));
}

TEST_CASE("a candidate's next term is above what it knows, at most half a step away",
          "[elector][property]") {
  CHECK(next_term(term(3), term(9), 1) == (10 << 8 | 1));
  CHECK(next_term(term(3), 0, 1) == (4 << 8 | 1));
  CHECK(counter_of(next_term(term(3), largest_term, 1)) == 3 + most_taken);
  CHECK(counter_of(next_term(largest_term - 256, 0, 1)) == counter_of(largest_term));
  CHECK(next_term(largest_term, 0, 1) == 0);
  REQUIRE(rc::check([](std::uint64_t held, std::uint64_t known) {
    held %= largest_term + 1;
    const auto next = next_term(held, known, 7);
    RC_ASSERT(next == 0 || (next > held && next <= largest_term && candidate_of(next) == 7));
    RC_ASSERT(next == 0 || KnownTerms(held, 200ms, true).hear(next, start));
  }));
}

TEST_CASE("terms that nobody reached by electing run out", "[elector]") {
  CHECK_FALSE(runs_out(term(1'000'000)));
  CHECK_FALSE(runs_out(term(most_elections_apart)));
  CHECK(runs_out(term(most_elections_apart + 1)));
  CHECK(runs_out(largest_term));
}

TEST_CASE("a fence that nobody can have reached is none", "[elector]") {
  CHECK(is_possible_fence(term(9), term(3)));
  CHECK(is_possible_fence(term(3), term(9)));
  CHECK(is_possible_fence(term(3 + most_elections_apart), term(3)));
  CHECK_FALSE(is_possible_fence(term(4 + most_elections_apart), term(3)));
  CHECK_FALSE(is_possible_fence(~std::uint64_t{0}, term(3)));
}

}  // namespace paceline::test
