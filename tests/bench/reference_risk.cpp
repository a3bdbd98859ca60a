// The prototype that the design's figures come from (design, sections 2 to 4): marginal-risk base
// stock with the closed loop, unoptimised and straight from the formulas. With `oracle` it is told
// when each busy agent will be free: the upper bound that knowledge of service times could buy.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "tests/bench/random_stream.h"
#include "tests/bench/systems.h"

namespace paceline::test {
namespace {

constexpr int quantiles = 4;
constexpr std::array<double, quantiles> delay_quantiles{.1335, .4700, .9808, 2.0794};
constexpr std::size_t most_completions = 24;
constexpr int exact_up_to = 40;  // Agents: beyond, completions are taken for normal.
constexpr double goal_margin = 0.98;
constexpr double margin_per_refresh = 0.5;

// P(ends within h | elapsed e) = 1 - exp(-(H(e+h) - H(e)))
// from occurrences over exposure in log bins.
class Hazard {
 public:
  explicit Hazard(double prior_mean) {
    double edge = 2;
    for (double& right : right_) {
      right = edge;
      edge *= 1.38;
    }
    double left = 0;
    for (std::size_t i = 0; i < bins; ++i) {
      const double weight = 4 * (std::exp(-left / prior_mean) - std::exp(-right_[i] / prior_mean));
      occurred_[i] = weight;
      exposed_[i] = weight * prior_mean;
      left = right_[i];
    }
    accumulate();
  }

  void add(double lasted) {
    double left = 0;
    for (std::size_t i = 0; i < bins; ++i) {
      occurred_[i] *= 0.997;
      exposed_[i] *= 0.997;
      exposed_[i] += std::clamp(lasted - left, 0.0, right_[i] - left);
      if (lasted >= left && (lasted < right_[i] || i + 1 == bins)) occurred_[i] += 1;
      left = right_[i];
    }
    accumulate();
  }

  double within(double elapsed, double horizon) const {
    return 1 - std::exp(at(elapsed) - at(elapsed + horizon));
  }

 private:
  static constexpr std::size_t bins = 28;

  void accumulate() {
    double left = 0;
    double sum = 0;
    for (std::size_t i = 0; i < bins; ++i) {
      rate_[i] = (occurred_[i] + 1e-9) / (exposed_[i] + 1e-6);
      sum_[i] = sum;
      sum += rate_[i] * (right_[i] - left);
      left = right_[i];
    }
  }

  double at(double t) const {
    const auto bin = static_cast<std::size_t>(
        std::min(std::upper_bound(right_.begin(), right_.end(), t), right_.end() - 1) -
        right_.begin());
    const double left = bin == 0 ? 0 : right_[bin - 1];
    return sum_[bin] + rate_[bin] * (t - left);
  }

  std::array<double, bins> right_{};
  std::array<double, bins> occurred_{}, exposed_{}, rate_{}, sum_{};
};

struct Forgetful {
  double sum;
  double weight;
  double forget;

  void add(double value, double count = 1) {
    sum = sum * forget + value;
    weight = weight * forget + count;
  }
  double value() const { return sum / weight; }
};

class Prototype final : public System {
 public:
  Prototype(const Scenario& scenario, bool oracle, std::uint64_t seed)
      : oracle_{oracle},
        goal_{scenario.goal},
        refresh_{scenario.refresh_s},
        chance_{seed, 99},
        has_wrap_up_{scenario.wrap_up_s > 0},
        s_{std::log(scenario.goal * goal_margin) - 0.1 - 0.45 * std::log(scenario.agents / 5.0)} {}

  int decide(const View& view) override {
    for (const Observation& observation : view.observed) learn(observation, view.logged_in);
    const std::array<int, 4> state{view.idle, view.talking, view.queue_proactive,
                                   view.queue_reactive};
    if (state != state_) uniform_ = chance_.uniform();
    state_ = state;
    if (view.logged_in == 0) return 0;
    const int queue = view.queue_proactive + view.queue_reactive;
    if (answers_ < 20) return view.idle - queue - view.pending;
    prepare(view);
    const double allowed = std::exp(s_ + 0.7 * (0.5 - uniform_));
    // The j-th new one goes out if the risk with those before it outstanding is allowed.
    int low = 0;
    int high = 1;
    const int most = 4 * view.logged_in + 40;
    while (high < most && risk(view.pending + high - 1) <= allowed) {
      low = high;
      high *= 2;
    }
    while (high - low > 1) {
      const int middle = (low + high) / 2;
      (risk(view.pending + middle - 1) <= allowed ? low : high) = middle;
    }
    return low;
  }

  double period_s() const override { return refresh_; }

 private:
  void learn(const Observation& observation, int agents) {
    switch (observation.kind) {
      case Observation::Kind::accepted:
      case Observation::Kind::refused:
        ++answers_;
        acceptance_.add(observation.kind == Observation::Kind::accepted);
        delay_.add(std::min(observation.lasted_s, 10 * delay_.value()));
        return;
      case Observation::Kind::served:
      case Observation::Kind::abandoned: {
        const bool lost = observation.kind == Observation::Kind::abandoned;
        patience_.add(observation.lasted_s, lost);
        if (!observation.proactive) return;
        const double k = agents < 50 ? 0.15 : 0.05;
        const double a = goal_ * goal_margin;
        s_ = std::clamp(s_ + (lost ? -k * (1 - a) : k * a), -9.0, -0.02);
        return;
      }
      case Observation::Kind::talk_ended:
        talk_.add(std::min(observation.lasted_s, 8 * talk_.value()));
        talk_hazard_.add(observation.lasted_s);
        return;
      case Observation::Kind::freed:
        if (!has_wrap_up_) return;
        wrap_up_.add(std::min(observation.lasted_s, 8 * wrap_up_.value()));
        wrap_up_hazard_.add(observation.lasted_s);
        return;
      case Observation::Kind::arrived:
        return;
    }
  }

  // What does not depend on the number of invitations: for each quantile of the delay, by number of
  // acceptances, the mean risk over the completions.
  void prepare(const View& view) {
    const double delay = delay_.value();
    const double handle = talk_.value() + (has_wrap_up_ ? wrap_up_.value() : 0);
    clear_rate_ = view.logged_in / handle;
    leave_rate_ = 1 / std::max(0.1, patience_.value());
    base_ = view.queue_proactive + view.queue_reactive - view.idle + 1;
    for (std::size_t k = 0; k < quantiles; ++k) {
      const double horizon = delay * delay_quantiles[k];
      const double reach = horizon * (1 + margin_per_refresh * refresh_ / (refresh_ + delay));
      completions(view, reach, completed_[k]);
      accept_[k] = acceptance_.value() * (1 - std::exp(-horizon / delay));
      mean_risk_[k].clear();
    }
  }

  double chance_to_free(const View& view, const Slot& slot, double reach) const {
    if (slot.leaving) return 0;
    if (oracle_) return slot.free_at_s <= view.now_s + reach ? 1 : 0;
    const double elapsed = view.now_s - slot.since_s;
    if (slot.phase == Phase::wrap_up) return wrap_up_hazard_.within(elapsed, reach);
    if (!has_wrap_up_) return talk_hazard_.within(elapsed, reach);
    // Talk and the wrap-up after it: the talk must end that much earlier.
    const double left = reach - wrap_up_.value();
    const double both = left > 0 ? talk_hazard_.within(elapsed, left) : 0;
    return std::max(both,
                    talk_hazard_.within(elapsed, reach) * wrap_up_hazard_.within(0, reach / 2));
  }

  void completions(const View& view, double reach, std::vector<double>& pmf) {
    pmf.assign(1, 1.0);
    double mean = 0;
    double variance = 0;
    const bool exact = view.logged_in <= exact_up_to;
    for (const Slot& slot : view.slots) {
      if (slot.phase != Phase::talking && slot.phase != Phase::wrap_up) continue;
      const double c = chance_to_free(view, slot, reach);
      mean += c;
      variance += c * (1 - c);
      if (!exact || c <= 0) continue;
      if (pmf.size() <= most_completions) pmf.push_back(0);
      for (std::size_t i = pmf.size() - 1; i > 0; --i) pmf[i] += c * (pmf[i - 1] - pmf[i]);
      pmf[0] *= 1 - c;
    }
    if (exact) return;
    pmf.clear();
    const double deviation = std::sqrt(std::max(variance, 1e-6));
    double before = 0;
    for (int i = 0;; ++i) {
      const double below = 0.5 * std::erfc((mean - i - 0.5) / deviation / std::sqrt(2.0));
      pmf.push_back(below - before);
      before = below;
      if (i > mean + 6 * deviation) break;
    }
  }

  double mean_risk(std::size_t k, std::size_t acceptances) {
    auto& table = mean_risk_[k];
    while (table.size() <= acceptances) {
      double sum = 0;
      int place = base_ + static_cast<int>(table.size());
      for (const double weight : completed_[k]) {
        if (place <= 0) break;
        sum += weight * place * leave_rate_ / (clear_rate_ + place * leave_rate_);
        --place;
      }
      table.push_back(sum);
    }
    return table[acceptances];
  }

  double risk(int m) {
    double total = 0;
    for (std::size_t k = 0; k < quantiles; ++k) {
      const double p = accept_[k];
      const double mean = m * p;
      const double deviation = std::sqrt(mean * (1 - p)) + 1e-9;
      const int from = std::max(0, static_cast<int>(mean - 6 * deviation - 2));
      const int to = std::min(m, static_cast<int>(mean + 6 * deviation + 3));
      double weight =
          std::exp(std::lgamma(m + 1.0) - std::lgamma(from + 1.0) - std::lgamma(m - from + 1.0) +
                   from * std::log(p) + (m - from) * std::log1p(-p));
      for (int a = from; a <= to; ++a) {
        total += weight * mean_risk(k, static_cast<std::size_t>(a));
        weight *= (m - a) / (a + 1.0) * p / (1 - p);
      }
    }
    return total / quantiles;
  }

  bool oracle_;
  double goal_;
  double refresh_;
  RandomStream chance_;
  bool has_wrap_up_;
  double s_;
  double uniform_ = 0.5;
  int answers_ = 0;
  std::array<int, 4> state_{};
  Forgetful acceptance_{30 * 0.25, 30, 0.998};
  Forgetful delay_{30 * 12, 30, 0.998};
  Forgetful talk_{4 * 180, 4, 0.997};
  Forgetful wrap_up_{4 * 30, 4, 0.997};
  Forgetful patience_{4 * 45, 4, 0.999};
  Hazard talk_hazard_{180};
  Hazard wrap_up_hazard_{30};
  double clear_rate_ = 0;
  double leave_rate_ = 0;
  int base_ = 0;
  std::array<std::vector<double>, quantiles> completed_;
  std::array<std::vector<double>, quantiles> mean_risk_;
  std::array<double, quantiles> accept_{};
};

}  // namespace

std::unique_ptr<System> make_prototype(const Scenario& scenario, bool oracle, std::uint64_t seed) {
  return std::make_unique<Prototype>(scenario, oracle, seed);
}

}  // namespace paceline::test
