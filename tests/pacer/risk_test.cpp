// The models against plain, unoptimised references that follow the formulas word for word.
#include <array>
#include <cmath>
#include <vector>

#include "services/pacer/dual.h"
#include "services/pacer/goal_loop.h"
#include "services/pacer/hazard.h"
#include "services/pacer/predictive.h"
#include "services/pacer/super_progressive.h"
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

TEST_CASE("the closed form gives the largest stock that keeps its inequality",
          "[pacer][property]") {
  REQUIRE(rc::check([] {
    const QuantileProblem q{.room = *rc::gen::inRange(-100, 5000) / 10.0,
                            .variance = *rc::gen::inRange(0, 500) / 10.0,
                            .acceptance = *rc::gen::inRange(1, 101) / 100.0};
    const double z = *rc::gen::inRange(0, 60) / 10.0;
    const auto load = [&](double m) {
      return q.acceptance * m + z * std::sqrt(q.variance + q.acceptance * (1 - q.acceptance) * m);
    };

    const double m = quantile_stock(q, z);

    RC_ASSERT(m >= 0);
    if (m > 0) RC_ASSERT(load(m) <= q.room + 1e-6);
    RC_ASSERT(load(m * 1.001 + 0.01) >= q.room - 1e-6);
  }));
}

TEST_CASE("BUSY_FACTOR asks for what is missing to the goal", "[pacer]") {
  const BusyProblem problem{
      .goal = 0.8, .slots = 100, .busy = 70, .expected_free = 2, .acceptance = 0.5};

  CHECK(busy_stock(problem) == Approx(24));
  CHECK(busy_integral(0.29, 0.99, 0.0, 900) == Approx(0.3));
  CHECK(busy_integral(0, 0.8, 0.9, 90) == Approx(-0.01));
}

TEST_CASE("while s is free the loop holds abandonment on its share", "[pacer][property]") {
  REQUIRE(rc::check([] {
    const double allowed = 0.03;
    const double gain = 0.05;
    GoalLoop loop;
    loop.start(-3, {-100, 100});
    double served = 0;
    double lost = 0;
    for (const bool gone : *rc::gen::container<std::vector<bool>>(rc::gen::arbitrary<bool>())) {
      loop.learn(!gone, gone, allowed, gain, {-100, 100}, true);
      (gone ? lost : served) += 1;
    }

    RC_ASSERT(std::abs(lost - allowed * (served + lost) - (-3 - loop.learned.s) / gain) < 1e-6);
  }));
}

TEST_CASE("a window over its budget makes careful, one under it bold, the later the more",
          "[pacer]") {
  GoalLoop over;
  over.learn(100, 10, 0.03, 0.05, {}, false);
  GoalLoop under;
  under.learn(300, 0, 0.03, 0.05, {}, false);

  CHECK(over.bridge(0.03, 1000) < 0);
  CHECK(over.bridge(0.03, 100) < over.bridge(0.03, 1000));
  CHECK(over.bridge(0.03, 0) == -5);
  CHECK(under.bridge(0.03, 1000) > 0);
  CHECK(under.bridge(0.03, 0) == Approx(0.7));
}

TEST_CASE("another window begins from nothing, knows what a whole one had, and leaves s",
          "[pacer]") {
  GoalLoop loop;
  loop.start(-3, {});
  loop.learn(190, 10, 0.03, 0.05, {}, false);

  loop.next_window(true);
  CHECK(loop.excess(0.03) == 0);
  CHECK(loop.learned.window_outcomes == 200);
  CHECK(loop.learned.s == -3);
  loop.learn(50, 0, 0.03, 0.05, {}, false);
  loop.next_window(false);
  CHECK(loop.learned.window_outcomes == 200);
}

// Interactions of a window abandon with a chance that answers to s as an exact model's would.
void play_window(GoalLoop& loop, int outcomes, std::uint64_t& seed) {
  const double allowed = 0.03;
  for (int i = 0; i < outcomes; ++i) {
    const double v = loop.bridge(allowed, outcomes - i);
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    const double draw = static_cast<double>(seed >> 11) * 0x1.0p-53;
    const double gone = draw < std::exp(loop.learned.s + v) ? 1 : 0;
    loop.learn(1 - gone, gone, allowed * std::exp(v), 0.05, {}, true);
  }
}

// Of a window whose loop starts with s wrong by `error`.
double window_excess(double error, int outcomes, std::uint64_t seed) {
  const double allowed = 0.03;
  GoalLoop loop;
  loop.start(std::log(allowed) + error, {});
  play_window(loop, outcomes, seed);
  return loop.excess(allowed);
}

TEST_CASE("a window ends at its budget, however wrong s was when it began", "[pacer][property]") {
  const double error = GENERATE(-1.0, 0.0, 0.7);
  double sum = 0;
  double squares = 0;
  constexpr int windows = 400;
  for (std::uint64_t seed = 1; seed <= windows; ++seed) {
    const double excess = window_excess(error, 1500, seed * 7919);
    sum += excess;
    squares += excess * excess;
  }
  const double mean = sum / windows;

  CAPTURE(error, mean);
  CHECK(std::abs(mean) < 2);                  // [interactions] of 45.
  CHECK(std::sqrt(squares / windows) < 2.5);  // By chance alone, with s exact: 6.6.
}

TEST_CASE("what windows end with beyond their budget is made good before it comes", "[pacer]") {
  constexpr double burst = 4;  // [interactions] abandoned when the agents leave for the night.
  const double allowed = 0.03;
  GoalLoop loop;
  loop.start(std::log(allowed), {});
  std::uint64_t seed = 7919;
  double first = 0;
  double later = 0;
  for (int window = 0; window < 60; ++window) {
    play_window(loop, 1500, seed);
    loop.learn(0, burst, allowed, 0.05, {}, true);
    (window < 3 ? first : later) += loop.excess(allowed) / (window < 3 ? 3 : 57);
    loop.learn_closing(allowed);
    loop.next_window(true);
  }

  CHECK(first > 2);
  CHECK(std::abs(later) < 0.5);
  CHECK(loop.learned.closing_excess == Approx(burst).margin(2));
}

TEST_CASE("what a window ends with is bounded, and nothing where it ends below its budget",
          "[pacer]") {
  GoalLoop lost;
  GoalLoop kept;
  for (int window = 0; window < 100; ++window) {
    lost.learn(0, 100, 0.03, 0.05, {}, true);
    lost.learn_closing(0.03);
    lost.next_window(true);
    kept.learn(100, 0, 0.03, 0.05, {}, true);
    kept.learn_closing(0.03);
    kept.next_window(true);
  }

  CHECK(lost.learned.closing_excess == Approx(0.3 * 0.03 * 100));
  CHECK(kept.learned.closing_excess == 0);
  CHECK(lost.swing() <= 10);
  CHECK(kept.swing() >= 1);
}

TEST_CASE("the margin below the goal follows how much the ends of windows vary", "[pacer]") {
  GoalLoop calm;
  GoalLoop wild;
  for (int window = 0; window < 60; ++window) {
    for (auto* loop : {&calm, &wild}) {
      const double off = loop == &wild ? (window % 2 == 0 ? 3 : -3) : 0;
      loop->learn(970 - off, 30 + off, 0.03, 0.05, {}, true);
      loop->learn_closing(0.03);
      loop->next_window(true);
    }
  }

  CHECK(calm.swing() == Approx(1));
  CHECK(wild.swing() == Approx(2.26 * 3).margin(0.1));
}

TEST_CASE("bins cover every time once and in order", "[pacer][property]") {
  REQUIRE(rc::check([] {
    const double elapsed = *rc::gen::inRange(0, 20'000'000) / 1000.0;
    const int bin = hazard_bin(elapsed);
    RC_ASSERT(bin >= 0);
    RC_ASSERT(bin < hazard_bins);
    RC_ASSERT(hazard_edge(bin) <= elapsed * (1 + 1e-12));
    if (bin + 1 < hazard_bins) RC_ASSERT(elapsed < hazard_edge(bin + 1) * (1 + 1e-12));
  }));
  CHECK(hazard_bin(std::nan("")) == 0);
  CHECK(hazard_bin(-1) == 0);
  CHECK(hazard_bin(INFINITY) == hazard_bins - 1);
}

TEST_CASE("a hazard learns that a phase of fixed length ends at its length", "[pacer]") {
  Hazard hazard;
  for (int i = 0; i < 500; ++i) {
    for (int s = 0; s < 60; ++s) {
      std::array<double, hazard_bins> one{};
      one[static_cast<std::size_t>(hazard_bin(s))] = 1;
      hazard.expose(one, hazard_bins - 1, 1);
    }
    hazard.end(hazard_bin(60));
  }
  hazard.prepare(hazard.mean(240, 10));
  const double known_s = hazard.learned.exposure_s;
  std::array<double, hazard_bins> outlier{};
  outlier[9] = 1;
  hazard.expose(outlier, 8, 1);

  CHECK(hazard.learned.exposure_s == known_s);
  CHECK(hazard.mean(240, 10) == Approx(65).margin(3));
  CHECK(hazard.between(5, 10) < 0.1);
  CHECK(hazard.between(55, 10) > 0.3);
}

TEST_CASE("a media channel is the sum of its groups, its state weighted by demand", "[pacer]") {
  const std::vector<GroupPace> groups{
      {.proactive = 2, .reactive = 1, .reactive_state = 1, .reactive_demand = 3, .ready = 4},
      {.proactive = 5, .reactive = 0, .reactive_state = 0, .reactive_demand = 1, .ready = 1}};

  const GroupPace sum = channel_sum(groups);

  CHECK(sum.proactive == 7);
  CHECK(sum.ready == 5);
  CHECK(sum.reactive_state == Approx(0.75).margin(1e-5));
  CHECK(channel_sum({}).reactive_state == 1);
}

}  // namespace paceline::test
