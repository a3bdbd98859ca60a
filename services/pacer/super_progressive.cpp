#include "services/pacer/super_progressive.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include "services/pacer/distribution.h"

namespace paceline::pacer {
namespace {

constexpr double negligible = 1e-9;        // Probability that a sum may leave out,
constexpr double negligible_share = 1e-4;  // or this share of the risk that is asked about,
constexpr double most_negligible = 1e-6;   // but no more than that.
constexpr double told_apart = 1e-3;        // Below, the two ways to sum differ by more than a step.
constexpr double exact_variance = 6;       // Beyond this spread the normal distribution is as good.
constexpr double exact_mean = 64;          // Of A, so that its points fit, and their weights too.
constexpr int lanes = 4;                   // Numbers that are computed together.

using Two = double __attribute__((vector_size(16)));

// Four numbers in two registers: one a quantile, or four neighbours.
struct Four {
  Two low;
  Two high;

  static Four load(const double* from) {
    Four four;
    std::memcpy(&four.low, from, sizeof four.low);
    std::memcpy(&four.high, from + 2, sizeof four.high);
    return four;
  }
  void add_product(const Four& a, const Four& b) {
    low += a.low * b.low;
    high += a.high * b.high;
  }
  void add(const Four& a) {
    low += a.low;
    high += a.high;
  }
  void multiply(const Four& a) {
    low *= a.low;
    high *= a.high;
  }
  // Those below their `least` become 0.
  void keep_from(const Four& least) {
    low = low >= least.low ? low : Two{};
    high = high >= least.high ? high : Two{};
  }
  Four times(double factor) const { return {low * factor, high * factor}; }
  void store(double* to) const {
    std::memcpy(to, &low, sizeof low);
    std::memcpy(to + 2, &high, sizeof high);
  }
  double operator[](std::size_t i) const { return i < 2 ? low[i] : high[i - 2]; }
};
static_assert(delay_quantiles == lanes);

using Quantiles = std::array<double, delay_quantiles>;

constexpr std::array<double, most_outcomes> make_shares() {
  std::array<double, most_outcomes> shares{};
  for (std::size_t i = 0; i < shares.size(); ++i) shares[i] = 1 / (static_cast<double>(i) + 1);
  return shares;
}

constexpr std::array<double, most_outcomes> shares = make_shares();  // 1 / (i + 1)

class RiskTable {
 public:
  RiskTable(const RiskProblem& problem, double least) : problem_{problem}, least_{least} {
    std::fill_n(abandonment_.begin(), lanes + 1, 0.0);
    shift_ = static_cast<int>(std::clamp(problem.queue - problem.idle, -1e6, 1e6)) + 1;
    if (!problem.wait.all_who_leave())
      wait_.emplace(problem.wait, problem.relief_rate, problem.abandon_rate);
    for (std::size_t k = 0; k < delay_quantiles; ++k) {
      accept_[k] = std::clamp(problem.accept[k], 0.0, 0.9999);
      odds_[k] = accept_[k] / (1 - accept_[k]);
      is_exact_[k] = shift_ <= most_outcomes &&
                     problem.free_variance[k] + problem.arrivals[k] <= exact_variance;
    }
  }

  double risk(int m) {
    unsigned exact = 0;  // The quantiles that are summed exactly, as bits.
    double sum = 0;
    for (std::size_t k = 0; k < delay_quantiles; ++k) {
      const double mean = m * accept_[k];
      if (is_exact_[k] && mean * (1 - accept_[k]) <= exact_variance && mean <= exact_mean)
        exact |= 1u << k;
      else
        sum += normal(k, m);
    }
    return (exact == 0 ? sum : sum + over_accepts(m, exact)) / delay_quantiles;
  }

 private:
  double lost(double z) { return wait_ ? wait_->near(z) : abandon(z); }

  double abandon(double z) const {
    const double pressure = z * problem_.abandon_rate;
    return pressure / (problem_.relief_rate + pressure);
  }

  // Sum of E g over the accepted of `m`, of the quantiles in `exact`, all at once: weights by the
  // ratio of neighbours as in binomial(), from 0 on until a quantile's no longer matter.
  double over_accepts(int m, unsigned exact) {
    const auto has = [](unsigned bits, std::size_t k) { return (bits >> k & 1u) != 0; };
    const auto one_if = [&](std::size_t k) { return has(exact, k) ? 1.0 : 0.0; };
    const Four odds = Four::load(odds_.data());
    Four chance{Two{one_if(0), one_if(1)}, Two{one_if(2), one_if(3)}};
    Four total{};
    Four sum{};
    for (int from = 0; from <= m && from < most_outcomes; from += lanes) {
      chance.keep_from(total.times(least_));
      unsigned matter = 0;
      for (std::size_t k = 0; k < delay_quantiles; ++k) matter |= chance[k] > 0 ? 1u << k : 0;
      if (matter == 0) break;
      give(from, matter);
      for (int a = from; a < from + lanes; ++a) {
        const auto at = static_cast<std::size_t>(a);
        total.add(chance);
        sum.add_product(chance, given_[at]);
        chance.multiply(odds.times((m - a) * shares[at]));  // 0 from m on.
      }
    }
    double risk = 0;
    for (std::size_t k = 0; k < delay_quantiles; ++k)
      if (has(exact, k)) risk += sum[k] / total[k];
    return risk;
  }

  // Makes known E g with `from` and the next three accepted, for the quantiles in `wanted`.
  void give(int from, unsigned wanted) {
    unsigned& known = given_to_[static_cast<std::size_t>(from / lanes)];
    if ((wanted & ~known) == 0) return;
    known |= wanted;
    const auto sum = [&](std::size_t k) {
      return (known >> k & 1u) != 0 ? over_free(k, from) : Four{};
    };
    const Four s0 = sum(0);
    const Four s1 = sum(1);
    const Four s2 = sum(2);
    const Four s3 = sum(3);
    Four* given = &given_[static_cast<std::size_t>(from)];
    given[0] = {Two{s0.low[0], s1.low[0]}, Two{s2.low[0], s3.low[0]}};
    given[1] = {Two{s0.low[1], s1.low[1]}, Two{s2.low[1], s3.low[1]}};
    given[2] = {Two{s0.high[0], s1.high[0]}, Two{s2.high[0], s3.high[0]}};
    given[3] = {Two{s0.high[1], s1.high[1]}, Two{s2.high[1], s3.high[1]}};
  }

  // E g of one quantile over what came free, with `a` to `a` + 3 accepted.
  Four over_free(std::size_t k, int a) {
    const Distribution& free = net_free(k);
    const int z0 = shift_ + a - free.lowest;
    extend_abandonment(z0 - free.from + lanes - 1);
    Four sum{};
    const int until = std::min(free.until, z0 + lanes - 1);
    for (int i = free.from; i < until; ++i) {
      const Four g = Four::load(&abandonment_[static_cast<std::size_t>(z0 - i + lanes)]);
      sum.add(g.times(free.chance[static_cast<std::size_t>(i)]));
    }
    return sum;
  }

  // What came free less who arrived.
  const Distribution& net_free(std::size_t k) {
    Distribution& free = net_free_[k];
    if (free.until > 0) return free;
    binomial(problem_.free_mean[k], problem_.free_variance[k], least_, free);
    if (problem_.arrivals[k] > 0) {
      Distribution arrive;
      binomial(problem_.arrivals[k], problem_.arrivals[k], least_, arrive);
      subtract(arrive, free);
    }
    return free;
  }

  void extend_abandonment(int z) {
    for (; abandonment_z_ <= z; abandonment_z_ += lanes) {
      if (wait_) {
        for (int z1 = abandonment_z_; z1 < abandonment_z_ + lanes; ++z1)
          abandonment_[static_cast<std::size_t>(z1 + lanes)] = wait_->at(z1);
        continue;
      }
      const double z0 = abandonment_z_;
      const Four pressure = Four{Two{z0, z0 + 1}, Two{z0 + 2, z0 + 3}}.times(problem_.abandon_rate);
      const Four g{pressure.low / (pressure.low + problem_.relief_rate),
                   pressure.high / (pressure.high + problem_.relief_rate)};
      g.store(&abandonment_[static_cast<std::size_t>(abandonment_z_ + lanes)]);
    }
  }

  double normal(std::size_t k, int m) {
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
      sum += density * lost(z);
      density *= ratio;
      ratio *= shrink;
    }
    return sum * step * 0.3989422804014327 / sd;
  }

  const RiskProblem& problem_;
  double least_;
  int shift_ = 0;
  Quantiles accept_{};
  Quantiles odds_{};
  std::array<bool, delay_quantiles> is_exact_{};
  std::array<Distribution, delay_quantiles> net_free_;
  std::array<Four, most_outcomes> given_;                   // E g by the number of accepted:
  std::array<unsigned, most_outcomes / lanes> given_to_{};  // known to these quantiles, as bits.
  std::array<double, 4 * most_outcomes> abandonment_;       // g(z) at z + lanes.
  std::optional<WaitRisk> wait_;  // Where not all who leave are lost, or others too.
  int abandonment_z_ = 1;         // The first z that is not known.
};

}  // namespace

double marginal_risk(const RiskProblem& problem, int m) {
  return RiskTable{problem, negligible}.risk(m);
}

double expected_capacity(const RiskProblem& problem) {
  double sum = 0;
  for (std::size_t k = 0; k < delay_quantiles; ++k)
    sum += problem.free_mean[k] - problem.arrivals[k];
  return problem.idle - problem.queue + sum / delay_quantiles;
}

double mean_accept(const RiskProblem& problem) {
  double sum = 0;
  for (const double accept : problem.accept) sum += accept;
  return sum / delay_quantiles;
}

// ln risk is nearly linear in m: from two points, or at first from one and a power of m that is
// about right, it tells where the next one belongs. Steps that double, then halves, bound the
// search whatever the shape.
RiskAnswer base_stock(const RiskProblem& problem, double allowed, int most, int guess) {
  constexpr double usual_power = 2.5;
  constexpr int most_secants = 4;
  RiskTable table{problem, std::clamp(negligible_share * allowed, negligible, most_negligible)};
  int low = -1;         // Known: risk(low) <= allowed.
  int high = most + 1;  // Known: risk(high) > allowed, or beyond the bound.
  double risk_low = 0;
  double risk_high = 0;
  // Where the risk need not rise with m, everybody finds the same crossing: the one from below.
  int next = allowed < told_apart ? 0 : std::clamp(guess, 0, most);
  double slope = usual_power / (next + 1);
  double excess = 0;  // ln (risk / allowed) at the last point.
  int last = -1;
  for (int step = 1, tries = 0; high - low > 1; ++tries) {
    const double risk = table.risk(next);
    const bool is_low = risk <= allowed;
    (is_low ? low : high) = next;
    (is_low ? risk_low : risk_high) = risk;
    if (high - low <= 1) break;
    const double excess_now = std::log(risk / allowed);
    if (last >= 0) slope = (excess_now - excess) / (next - last);
    excess = excess_now;
    last = next;
    const double crossing = next - excess / slope;
    if (low >= 0 && high <= most && !(tries < most_secants && std::isfinite(crossing))) {
      next = low + (high - low) / 2;
      continue;
    }
    // On the far side of the crossing, so that the point beside it is all that is left.
    const double usable = std::isfinite(crossing) ? std::clamp(crossing, 0.0, most + 0.5) : next;
    next = static_cast<int>(usable) + (is_low ? 1 : 0);
    if (low < 0) next = std::min(next, high - step);
    if (high > most) next = std::max(next, low + step);
    step *= 2;
    next = std::clamp(next, low + 1, high - 1);
  }
  return high <= most ? RiskAnswer{high, risk_high} : RiskAnswer{most, risk_low};
}

}  // namespace paceline::pacer
