#include "tests/bench/theory.h"

#include "tests/support/catch.h"

namespace paceline::test {

TEST_CASE("Erlang C agrees with the textbook", "[bench]") {
  CHECK(erlang_c(1, 0.5) == Approx(0.5));
  CHECK(erlang_c(2, 1.0) == Approx(1.0 / 3));
  CHECK(erlang_c(10, 8.0) == Approx(0.4092).margin(5e-4));
  CHECK(erlang_c(5, 7.0) == 1.0);
}

TEST_CASE("Erlang A tends to Erlang C when nobody loses patience", "[bench]") {
  const ErlangA result = erlang_a(10, 8.0 / 240, 240, 1e9);

  CHECK(result.chance_to_wait == Approx(erlang_c(10, 8.0)).margin(1e-4));
  CHECK(result.abandonment == Approx(0).margin(1e-4));
  CHECK(result.occupancy == Approx(0.8).margin(1e-4));
}

TEST_CASE("in Erlang A what is not abandoned keeps the agents busy", "[bench]") {
  const ErlangA result = erlang_a(10, 11.0 / 240, 240, 60);

  CHECK(result.occupancy == Approx(1.1 * (1 - result.abandonment)).margin(1e-9));
  CHECK(result.abandonment == Approx(result.mean_wait_s / 60).margin(1e-9));
}

TEST_CASE("the optimum pays for patience and for numbers", "[bench]") {
  const double five = optimum({.agents = 5}, 0.03).gain;
  const double ten = optimum({.agents = 10}, 0.03).gain;
  const double impatient = optimum({.agents = 10, .patience_s = 2}, 0.03).gain;

  CHECK(five == Approx(0.912).margin(0.002));  // The figures of the design, section 10.
  CHECK(ten == Approx(0.936).margin(0.002));
  CHECK(impatient == Approx(0.912).margin(0.002));
}

}  // namespace paceline::test
