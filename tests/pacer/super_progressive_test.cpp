// The fast risk and its stock against a plain reference that follows the formula word for word.
#include "services/pacer/super_progressive.h"

#include <cmath>
#include <vector>

#include "tests/support/catch.h"

// After ours: rapidcheck's own headers know nothing of CHECK.
#include <rapidcheck.h>

namespace paceline::test {
using namespace pacer;
namespace {

// Distribution of a sum of independent yes-or-no events, by the exact recursion over all of them.
std::vector<double> poisson_binomial(const std::vector<double>& chances) {
  std::vector<double> pmf{1};
  for (const double c : chances) {
    pmf.push_back(0);
    for (std::size_t j = pmf.size() - 1; j > 0; --j) pmf[j] = pmf[j] * (1 - c) + pmf[j - 1] * c;
    pmf[0] *= 1 - c;
  }
  return pmf;
}

struct Reference {
  int queue, idle, n;
  double mu, th;
  std::vector<std::vector<double>> frees;  // By quantile: the chance of each busy slot.
  std::vector<double> accept;

  double risk(int m) const {
    double sum = 0;
    for (std::size_t k = 0; k < delay_quantiles; ++k) {
      const auto free = poisson_binomial(frees[k]);
      const auto taken =
          poisson_binomial(std::vector<double>(static_cast<std::size_t>(m), accept[k]));
      for (std::size_t c = 0; c < free.size(); ++c)
        for (std::size_t a = 0; a < taken.size(); ++a) {
          const int z = queue - idle + 1 + static_cast<int>(a) - static_cast<int>(c);
          if (z > 0) sum += free[c] * taken[a] * z * th / (n * mu + z * th);
        }
    }
    return sum / delay_quantiles;
  }

  RiskProblem problem() const {
    RiskProblem p{.queue = static_cast<double>(queue),
                  .idle = static_cast<double>(idle),
                  .relief_rate = n * mu,
                  .abandon_rate = th};
    for (std::size_t k = 0; k < delay_quantiles; ++k) {
      for (const double c : frees[k]) {
        p.free_mean[k] += c;
        p.free_variance[k] += c * (1 - c);
      }
      p.accept[k] = accept[k];
    }
    return p;
  }
};

Reference any_reference(int most_agents, double longest_horizon) {
  Reference r;
  r.n = *rc::gen::inRange(1, most_agents + 1);
  r.idle = *rc::gen::inRange(0, r.n + 1);
  r.queue = r.idle > 0 ? 0 : *rc::gen::inRange(0, 4);
  r.mu = 1.0 / *rc::gen::inRange(30, 600);
  r.th = 1.0 / *rc::gen::inRange(2, 300);
  const double p = *rc::gen::inRange(5, 90) / 100.0;
  std::vector<double> speed;
  for (int j = 0; j < r.n - r.idle; ++j) speed.push_back(*rc::gen::inRange(20, 200) / 100.0);
  for (std::size_t k = 0; k < delay_quantiles; ++k) {
    r.accept.push_back(p * (static_cast<double>(k) + 0.5) / 4);
    r.frees.emplace_back();
    for (const double s : speed)
      r.frees.back().push_back(1 - std::exp(-s * unit_delays[k] * longest_horizon));
  }
  return r;
}

}  // namespace

TEST_CASE("the fast risk is that of the plain reference up to 40 agents", "[pacer][property]") {
  REQUIRE(rc::check([] {
    const Reference reference = any_reference(40, 0.06);
    const RiskProblem problem = reference.problem();
    const int m = *rc::gen::inRange(0, 40);

    const double exact = reference.risk(m);

    RC_ASSERT(std::abs(marginal_risk(problem, m) - exact) <= 0.0015 + 0.03 * exact);
  }));
}

TEST_CASE("a large group whose ends are nearly certain has no risk left out", "[pacer]") {
  Reference reference{.queue = 90, .idle = 0, .n = 120, .mu = 1.0 / 60, .th = 1.0 / 20};
  for (std::size_t k = 0; k < delay_quantiles; ++k) {
    reference.frees.emplace_back(120, 0.985);
    reference.accept.push_back(0.85);
  }
  const double exact = reference.risk(34);
  REQUIRE(exact > 0.01);

  CHECK(marginal_risk(reference.problem(), 34) == Approx(exact).margin(0.0015 + 0.03 * exact));
}

TEST_CASE("the fast stock is within one of the plain reference's", "[pacer][property]") {
  REQUIRE(rc::check([] {
    const Reference reference = any_reference(30, 0.06);
    const double allowed = *rc::gen::inRange(5, 80) / 1000.0;
    int plain = 0;
    while (plain < 60 && reference.risk(plain) <= allowed) ++plain;

    const RiskAnswer fast = base_stock(reference.problem(), allowed, 60, *rc::gen::inRange(0, 60));

    RC_ASSERT(std::abs(fast.m - plain) <= 1 + plain / 25);
  }));
}

TEST_CASE("the stock does not depend on where the search begins", "[pacer][property]") {
  REQUIRE(rc::check([] {
    const RiskProblem problem = any_reference(60, 0.1).problem();
    const double allowed =
        *rc::gen::oneOf(rc::gen::map(rc::gen::inRange(0, 500), [](int x) { return x / 1000.0; }),
                        rc::gen::map(rc::gen::inRange(7, 80), [](int x) { return std::exp(-x); }));

    const int from_zero = base_stock(problem, allowed, 200, 0).m;

    RC_ASSERT(base_stock(problem, allowed, 200, *rc::gen::inRange(0, 250)).m == from_zero);
    // The search sums to within 1e-4 of what is allowed (and within 1e-6).
    const double slack = std::min(1e-4 * allowed, 1e-6) * 100 + 1e-7;
    RC_ASSERT(from_zero == 200 || marginal_risk(problem, from_zero) > allowed - slack);
    RC_ASSERT(from_zero == 0 || marginal_risk(problem, from_zero - 1) <= allowed + slack);
  }));
}

}  // namespace paceline::test
