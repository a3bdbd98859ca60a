#include "services/pacer/distribution.h"

#include <cmath>

#include "tests/support/catch.h"

// After ours: rapidcheck's own headers know nothing of CHECK.
#include <rapidcheck.h>

namespace paceline::test {
using namespace pacer;
namespace {

struct Moments {
  double total = 0;
  double mean = 0;
  double variance = 0;
};

Moments moments_of(const Distribution& d) {
  Moments m;
  for (int i = d.from; i < d.until; ++i) {
    const double chance = d.chance[static_cast<std::size_t>(i)];
    m.total += chance;
    m.mean += chance * (d.lowest + i);
  }
  for (int i = d.from; i < d.until; ++i)
    m.variance += d.chance[static_cast<std::size_t>(i)] * std::pow(d.lowest + i - m.mean, 2);
  return m;
}

double chance_of(const Distribution& d, int value) {
  const int i = value - d.lowest;
  return i >= d.from && i < d.until ? d.chance[static_cast<std::size_t>(i)] : 0;
}

}  // namespace

TEST_CASE("four tosses of a fair coin", "[pacer]") {
  Distribution heads;

  binomial(2, 1, 1e-9, heads);

  CHECK(chance_of(heads, 0) == Approx(1.0 / 16));
  CHECK(chance_of(heads, 1) == Approx(4.0 / 16));
  CHECK(chance_of(heads, 2) == Approx(6.0 / 16));
  CHECK(chance_of(heads, 4) == Approx(1.0 / 16));
  CHECK(chance_of(heads, 5) == Approx(0).margin(1e-9));
}

TEST_CASE("equal mean and variance are a Poisson distribution, no mean is certainly none",
          "[pacer]") {
  Distribution arrivals;
  Distribution none;

  binomial(3, 3, 1e-9, arrivals);
  binomial(0, 0, 1e-9, none);

  CHECK(chance_of(arrivals, 0) == Approx(std::exp(-3.0)));
  CHECK(chance_of(arrivals, 5) == Approx(std::exp(-3.0) * 243 / 120));
  CHECK(chance_of(none, 0) == 1);
}

TEST_CASE("a distribution has the moments that were asked for, near zero and far from it",
          "[pacer][property]") {
  REQUIRE(rc::check([] {
    const double p = *rc::gen::inRange(1, 100) / 100.0;
    const int trials = *rc::gen::inRange(1, 1 + static_cast<int>(6 / (p * (1 - p))));
    const double mean = trials * p;
    const double variance = mean * (1 - p);
    Distribution d;

    binomial(mean, variance, 1e-9, d);

    const Moments m = moments_of(d);
    RC_ASSERT(std::abs(m.total - 1) < 1e-6);
    RC_ASSERT(std::abs(m.mean - mean) < 1e-4);
    RC_ASSERT(std::abs(m.variance - variance) < 1e-4);
  }));
}

TEST_CASE("a difference has the difference of the means and the sum of the variances",
          "[pacer][property]") {
  REQUIRE(rc::check([] {
    const double arrivals = *rc::gen::inRange(1, 60) / 10.0;
    const double mean = *rc::gen::inRange(10, 400) / 10.0;
    Distribution free;
    Distribution arrive;
    binomial(mean, std::min(3.0, mean / 2), 1e-9, free);
    binomial(arrivals, arrivals, 1e-9, arrive);
    const Moments before = moments_of(free);
    const Moments less = moments_of(arrive);

    subtract(arrive, free);

    const Moments after = moments_of(free);
    RC_ASSERT(std::abs(after.total - 1) < 1e-6);
    RC_ASSERT(std::abs(after.mean - (before.mean - less.mean)) < 1e-4);
    RC_ASSERT(std::abs(after.variance - (before.variance + less.variance)) < 1e-2);
  }));
}

TEST_CASE("each point of a distribution far from zero is its own", "[pacer]") {
  Distribution heads;
  binomial(50, 5, 1e-12, heads);  // 1 - p = 1/10: 55.6 trials.
  const double p = 0.9;
  const double trials = 50 / p;
  double ratio = 1;
  for (int j = 50; j < 54; ++j) {
    ratio = (trials - j) / (j + 1) * p / (1 - p);
    CHECK(chance_of(heads, j + 1) == Approx(chance_of(heads, j) * ratio).epsilon(1e-9));
    CHECK(
        chance_of(heads, j - 9) ==
        Approx(chance_of(heads, j - 10) * (trials - j + 10) / (j - 9) * p / (1 - p)).epsilon(1e-9));
  }
}

TEST_CASE("points are left out where they hold less than is asked for", "[pacer]") {
  const double least = GENERATE(1e-3, 1e-6);
  Distribution some;
  Distribution all;
  binomial(30, 6, least, some);
  binomial(30, 6, 1e-15, all);
  const int first = some.lowest + some.from;
  const int last = some.lowest + some.until - 1;

  // The last one that is there is the first below the bound.
  CHECK(chance_of(all, first + 1) >= least * 0.9);
  CHECK(chance_of(all, last - 1) >= least * 0.9);
  CHECK(chance_of(all, first) < least);
  CHECK((chance_of(all, last) < least || chance_of(all, last + 1) == 0));
}

TEST_CASE("a difference of two certain numbers is certain, and each point a sum", "[pacer]") {
  Distribution two;
  Distribution one;
  binomial(2, 1, 1e-9, two);    // 1, 4, 6, 4, 1 of 16.
  binomial(1, 0.5, 1e-9, one);  // 1, 2, 1 of 4.

  subtract(one, two);

  CHECK(chance_of(two, -2) == Approx(1.0 / 64));
  CHECK(chance_of(two, -1) == Approx((1.0 * 2 + 4 * 1) / 64));
  CHECK(chance_of(two, 0) == Approx((1.0 + 4 * 2 + 6 * 1) / 64));
  CHECK(chance_of(two, 4) == Approx(1.0 / 64));
  CHECK(chance_of(two, 5) == Approx(0).margin(1e-9));

  Distribution none;
  Distribution nobody;
  binomial(0, 0, 1e-9, none);
  binomial(0, 0, 1e-9, nobody);
  subtract(nobody, none);
  CHECK(chance_of(none, 0) == 1);
}

}  // namespace paceline::test
