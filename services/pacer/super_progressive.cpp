#include "services/pacer/super_progressive.h"

#include <algorithm>
#include <cmath>

namespace paceline {
namespace {

constexpr int most_points = 96;            // Of a distribution that is summed exactly.
constexpr double negligible = 1e-9;        // Probability that a sum may leave out,
constexpr double negligible_share = 1e-4;  // or this share of the risk that is asked about,
constexpr double most_negligible = 1e-6;   // but no more than that.
constexpr double exact_variance = 6;       // Beyond this spread the normal distribution is as good.

// Probabilities of 0, 1, ... of a binomial distribution with real-valued size, as far as they
// matter.
struct Points {
  std::array<double, most_points> chance;
  int count = 0;
};

// The binomial distribution of the given mean and variance (Poisson if they are equal): within 1e-3
// of the Poisson-binomial distribution it stands for (tests compare).
void spread(double mean, double variance, double least, Points& points) {
  points.count = 0;
  if (mean <= 0) {
    points.chance[points.count++] = 1;
    return;
  }
  const double p = std::clamp(1 - variance / mean, 0.0, 0.999);
  const double size = p > 1e-6 ? mean / p : 0;
  const double odds = p / (1 - p);
  double chance = p > 1e-6 ? std::exp(size * std::log1p(-p)) : std::exp(-mean);
  double left = 1;
  while (points.count < most_points) {
    points.chance[static_cast<std::size_t>(points.count)] = chance;
    left -= chance;
    const double j = points.count++;
    if (left < least) break;
    chance *= p > 1e-6 ? std::max(0.0, size - j) / (j + 1) * odds : mean / (j + 1);
    if (chance <= 0) break;
  }
}

class RiskTable {
 public:
  RiskTable(const RiskProblem& problem, double least) : problem_{problem}, least_{least} {
    shift_ = static_cast<int>(std::clamp(problem.queue - problem.idle, -1e6, 1e6)) + 1;
    for (std::size_t k = 0; k < delay_quantiles; ++k) {
      accept_[k] = std::clamp(problem.accept[k], 0.0, 0.9999);
      log_refuse_[k] = std::log1p(-accept_[k]);
      odds_[k] = accept_[k] / (1 - accept_[k]);
      is_exact_[k] = problem.free_variance[k] + problem.arrivals[k] <= exact_variance;
    }
  }

  double risk(int m) {
    double sum = 0;
    for (std::size_t k = 0; k < delay_quantiles; ++k) {
      const double spread_of_accepts = m * accept_[k] * (1 - accept_[k]);
      sum += is_exact_[k] && spread_of_accepts <= exact_variance ? exact(k, m) : normal(k, m);
    }
    return sum / delay_quantiles;
  }

 private:
  double abandon(double z) const {
    if (z <= 0) return 0;
    const double pressure = z * problem_.abandon_rate;
    return pressure / (problem_.relief_rate + pressure);
  }

  // E g with `a` accepted by the k-th quantile: over what came free and who arrived.
  double given(std::size_t k, int a) {
    auto& known = given_[k];
    while (known.count <= a) {
      if (known.count == 0) {
        spread(problem_.free_mean[k], problem_.free_variance[k], least_, free_[k]);
        if (problem_.arrivals[k] > 0)
          spread(problem_.arrivals[k], problem_.arrivals[k], least_, arrive_[k]);
      }
      const int z0 = shift_ + known.count;
      double sum = 0;
      if (problem_.arrivals[k] > 0) {
        for (int r = 0; r < arrive_[k].count; ++r)
          sum += arrive_[k].chance[static_cast<std::size_t>(r)] * over_free(k, z0 + r);
      } else {
        sum = over_free(k, z0);
      }
      known.chance[static_cast<std::size_t>(known.count++)] = sum;
    }
    return known.chance[static_cast<std::size_t>(a)];
  }

  double over_free(std::size_t k, int z0) const {
    double sum = 0;
    const int until = std::min(free_[k].count, z0);
    for (int c = 0; c < until; ++c)
      sum += free_[k].chance[static_cast<std::size_t>(c)] * abandon(z0 - c);
    return sum;
  }

  double exact(std::size_t k, int m) {
    double chance = std::exp(m * log_refuse_[k]);
    double left = 1;
    double sum = 0;
    for (int a = 0; a <= m && a < most_points; ++a) {
      sum += chance * given(k, a);
      left -= chance;
      if (left < least_) break;
      chance *= (m - a) / (a + 1.0) * odds_[k];
    }
    return sum;
  }

  double normal(std::size_t k, int m) const {
    const double mean = shift_ + m * accept_[k] + problem_.arrivals[k] - problem_.free_mean[k];
    const double variance =
        m * accept_[k] * (1 - accept_[k]) + problem_.arrivals[k] + problem_.free_variance[k];
    const double sd = std::sqrt(std::max(variance, 0.05));
    const double from = std::max(1.0, std::ceil(mean - 4.5 * sd));
    const double until = mean + 4.5 * sd;
    if (from > until) return 0;
    const double step = std::max(1.0, (until - from) / 24);
    double density = std::exp(-0.5 * (from - mean) * (from - mean) / (sd * sd));
    double ratio = std::exp(-(2 * (from - mean) * step + step * step) / (2 * sd * sd));
    const double shrink = std::exp(-step * step / (sd * sd));
    double sum = 0;
    for (double z = from; z <= until; z += step) {
      sum += density * abandon(z);
      density *= ratio;
      ratio *= shrink;
    }
    return sum * step * 0.3989422804014327 / sd;
  }

  const RiskProblem& problem_;
  double least_;
  int shift_ = 0;
  std::array<double, delay_quantiles> accept_{};
  std::array<double, delay_quantiles> log_refuse_{};
  std::array<double, delay_quantiles> odds_{};
  std::array<bool, delay_quantiles> is_exact_{};
  std::array<Points, delay_quantiles> free_;
  std::array<Points, delay_quantiles> arrive_;
  std::array<Points, delay_quantiles> given_;
};

}  // namespace

double marginal_risk(const RiskProblem& problem, int m) {
  return RiskTable{problem, negligible}.risk(m);
}

RiskAnswer base_stock(const RiskProblem& problem, double allowed, int most, int guess) {
  RiskTable table{problem, std::clamp(negligible_share * allowed, negligible, most_negligible)};
  int low = -1;         // Known: risk(low) <= allowed.
  int high = most + 1;  // Known: risk(high) > allowed, or beyond the bound.
  double risk_high = 0;
  int next = std::clamp(guess, 0, most);
  int step = 1;
  while (high - low > 1) {
    const double risk = table.risk(next);
    if (risk <= allowed)
      low = next;
    else
      high = next, risk_high = risk;
    if (low >= 0 && high <= most) {
      next = low + (high - low) / 2;
    } else if (low >= 0) {
      next = std::min(low + step, most);
      step *= 2;
    } else {
      next = std::max(high - step, 0);
      step *= 2;
    }
    if (next == low || next == high) next = low + (high - low) / 2;
    if (high - low <= 1) break;
  }
  const int m = std::min(high, most);
  return {m, high <= most ? risk_high : table.risk(m)};
}

}  // namespace paceline
