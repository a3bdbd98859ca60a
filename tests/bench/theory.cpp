#include "tests/bench/theory.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"

namespace paceline::test {

double erlang_c(int agents, double load) {
  CHECK(agents >= 1 && load >= 0);
  if (load >= agents) return 1;
  double blocked = 1;
  for (int n = 1; n <= agents; ++n) blocked = load * blocked / (n + load * blocked);
  return agents * blocked / (agents - load * (1 - blocked));
}

ErlangA erlang_a(int agents, double rate, double service_s, double patience_s) {
  CHECK(agents >= 1 && rate > 0 && service_s > 0 && patience_s > 0);
  // Weights relative to the state "all agents busy,
  // nobody waits"; both sides die out geometrically.
  double total = 1;
  double busy = agents;
  double waiting = 0;
  double delayed = 1;
  double weight = 1;
  for (int x = agents; x > 0; --x) {
    weight *= x / service_s / rate;
    total += weight;
    busy += weight * (x - 1);
    if (weight < 1e-18 * total) break;
  }
  weight = 1;
  for (int q = 1;; ++q) {
    weight *= rate / (agents / service_s + q / patience_s);
    total += weight;
    delayed += weight;
    busy += weight * agents;
    waiting += weight * q;
    if (weight < 1e-18 * total) break;
  }
  ErlangA result;
  result.chance_to_wait = delayed / total;
  result.abandonment = waiting / total / patience_s / rate;
  result.mean_wait_s = waiting / total / rate;
  result.occupancy = busy / total / agents;
  return result;
}

namespace {

// The chain on (x in the system, m outstanding); all rates below are per second.
class Chain {
 public:
  Chain(const MemorylessCentre& centre, double goal) : centre_{centre}, goal_{goal} {
    const double service_rate = centre.agents / centre.service_s;
    const double mean_pending = service_rate * centre.answer_s / centre.acceptance;
    // Beyond these nobody would go: the queue is bounded by what abandons, m by the freed agents.
    queue_ = 6 + static_cast<int>(std::ceil(2.5 * std::sqrt(centre.agents) +
                                            8 * service_rate * centre.patience_s * goal));
    most_ =
        static_cast<int>(std::ceil(mean_pending + 6 * std::sqrt(mean_pending / centre.acceptance) +
                                   3 * std::sqrt(centre.agents) / centre.acceptance + 10));
    rate_ = service_rate + queue_ / centre.patience_s + most_ / centre.answer_s;
    value_.assign(static_cast<std::size_t>((in_system() + 1) * (most_ + 1)), 0.0);
    next_ = value_;
    best_ = value_;
  }

  /// Iterates until the gain is known to `precision`; keeps the values for the next price.
  double solve(double price, double precision) {
    double gain = 1;
    for (int sweep = 0; sweep < 2'000'000; ++sweep) {
      take_best();
      const auto [least, most] = step(price);
      gain = most * rate_;
      value_.swap(next_);
      const double base = value_[0];
      if (sweep % 64 == 0)
        for (double& value : value_) value -= base;
      if ((most - least) * rate_ < precision) break;
    }
    return gain;
  }

  std::vector<int> up_to() {
    take_best();
    std::vector<int> levels;
    for (int x = 0; x <= in_system(); ++x) {
      int m = 0;
      for (int k = 1; k <= most_; ++k)
        if (value_[at(x, k)] > value_[at(x, m)]) m = k;
      levels.push_back(m);
    }
    return levels;
  }

 private:
  int in_system() const { return centre_.agents + queue_; }
  std::size_t at(int x, int m) const { return static_cast<std::size_t>(x * (most_ + 1) + m); }

  // Sending is free and immediate: the best of all levels m' >= m.
  void take_best() {
    for (int x = 0; x <= in_system(); ++x) {
      double best = value_[at(x, most_)];
      for (int m = most_; m >= 0; --m) best_[at(x, m)] = best = std::max(best, value_[at(x, m)]);
    }
  }

  std::pair<double, double> step(double price) {
    const double p = centre_.acceptance;
    double least = 1e300;
    double most = -1e300;
    for (int x = 0; x <= in_system(); ++x) {
      const int busy = std::min(x, centre_.agents);
      const int waiting = x - busy;
      const double leave = busy / centre_.service_s + waiting / centre_.patience_s;
      const double base =
          static_cast<double>(busy) / centre_.agents - price * waiting / centre_.patience_s;
      for (int m = 0; m <= most_; ++m) {
        const double answer = m / centre_.answer_s;
        const std::size_t here = at(x, m);
        // At the edge of the model an accepted visitor vanishes without a cost: that can only help.
        const int above = std::min(x + 1, in_system());
        double value = base + price * goal_ * p * answer;
        if (x > 0) value += leave * best_[at(x - 1, m)];
        if (m > 0) value += answer * (p * best_[at(above, m - 1)] + (1 - p) * best_[at(x, m - 1)]);
        value = (value + (rate_ - leave - answer) * best_[here]) / rate_;
        next_[here] = value;
        const double change = value - value_[here];
        least = std::min(least, change);
        most = std::max(most, change);
      }
    }
    return {least, most};
  }

  MemorylessCentre centre_;
  double goal_;
  int queue_ = 0;
  int most_ = 0;
  double rate_ = 1;
  std::vector<double> value_, next_, best_;
};

constexpr double precision = 1e-5;

}  // namespace

Optimum optimum_at_price(const MemorylessCentre& centre, double goal, double price) {
  CHECK(centre.agents >= 1 && goal > 0 && goal < 1 && price >= 0);
  Chain chain{centre, goal};
  Optimum result;
  result.price = price;
  result.gain = chain.solve(price, precision);
  result.up_to = chain.up_to();
  return result;
}

Optimum optimum(const MemorylessCentre& centre, double goal) {
  CHECK(centre.agents >= 1 && goal > 0 && goal < 1);
  Chain chain{centre, goal};
  const double unit = centre.service_s / centre.agents;
  // The gain is convex in the price: golden section on its logarithm.
  constexpr double ratio = 0.6180339887498949;
  double low = std::log(unit * 0.02);
  double high = std::log(unit * 50);
  double left = high - ratio * (high - low);
  double right = low + ratio * (high - low);
  double gain_left = chain.solve(std::exp(left), 1e-4);
  double gain_right = chain.solve(std::exp(right), 1e-4);
  while (high - low > 0.1) {
    if (gain_left < gain_right) {
      high = right;
      right = left;
      gain_right = gain_left;
      left = high - ratio * (high - low);
      gain_left = chain.solve(std::exp(left), 1e-4);
    } else {
      low = left;
      left = right;
      gain_left = gain_right;
      right = low + ratio * (high - low);
      gain_right = chain.solve(std::exp(right), 1e-4);
    }
  }
  Optimum result;
  result.price = std::exp((low + high) / 2);
  result.gain = chain.solve(result.price, precision);
  result.up_to = chain.up_to();
  return result;
}

}  // namespace paceline::test
