// Invitations at the rate whose stationary M/M/n+M abandonment is the goal: staffing mathematics
// used the other way round, open loop (design, section 9; Garnett, Mandelbaum, Reiman 2002). It
// learns acceptance, service and patience as the others do, but does not look at who is idle.
#include <algorithm>

#include "tests/bench/systems.h"
#include "tests/bench/theory.h"

namespace paceline::test {
namespace {

constexpr double solve_every_s = 60;
constexpr double forget = 0.998;

// A mean that forgets, starting with `weight` samples of a prior.
struct Mean {
  double sum;
  double weight;

  void add(double value, double count = 1) {
    sum = sum * forget + value;
    weight = weight * forget + count;
  }
  double value() const { return sum / weight; }
};

class ErlangRate final : public System {
 public:
  explicit ErlangRate(const Scenario& scenario)
      : goal_{scenario.goal}, period_{scenario.refresh_s} {}

  int decide(const View& view) override {
    for (const Observation& observation : view.observed) learn(observation);
    if (view.now_s - solved_at_ >= solve_every_s || view.logged_in != agents_) {
      const double minutes = (view.now_s - solved_at_) / 600;
      reactive_rate_ +=
          (static_cast<double>(arrived_) / (view.now_s - solved_at_) - reactive_rate_) *
          std::min(1.0, minutes);
      arrived_ = 0;
      agents_ = view.logged_in;
      solved_at_ = view.now_s;
      solve();
    }
    due_ += rate_ * period_;
    const int invitations = static_cast<int>(due_);
    due_ -= invitations;
    return invitations;
  }

  double period_s() const override { return period_; }

 private:
  void learn(const Observation& observation) {
    switch (observation.kind) {
      case Observation::Kind::accepted:
        acceptance_.add(1);
        break;
      case Observation::Kind::refused:
        acceptance_.add(0);
        break;
      case Observation::Kind::arrived:
        ++arrived_;
        break;
      case Observation::Kind::served:
        patience_.add(observation.lasted_s, 0);
        break;
      case Observation::Kind::abandoned:
        patience_.add(observation.lasted_s, 1);
        break;
      case Observation::Kind::talk_ended:
        talk_.add(observation.lasted_s);
        break;
      case Observation::Kind::freed:
        wrap_up_.add(observation.lasted_s);
        break;
    }
  }

  void solve() {
    rate_ = 0;
    if (agents_ < 1) return;
    const double service = talk_.value() + wrap_up_.value();
    double low = 1e-9;
    double high = 3 * agents_ / service;
    for (int i = 0; i < 40; ++i) {
      const double middle = (low + high) / 2;
      const double abandonment =
          erlang_a(agents_, middle, service, std::max(0.1, patience_.value())).abandonment;
      (abandonment > goal_ ? high : low) = middle;
    }
    rate_ = std::max(0.0, low - reactive_rate_) / std::max(0.001, acceptance_.value());
  }

  double goal_;
  double period_;
  Mean acceptance_{10 * 0.3, 10};
  Mean talk_{4 * 200, 4};
  Mean wrap_up_{0, 4};
  Mean patience_{4 * 60, 4};
  double reactive_rate_ = 0;
  int arrived_ = 0;
  int agents_ = 0;
  double solved_at_ = -1e9;
  double rate_ = 0;  // [1/s] invitations.
  double due_ = 0;
};

}  // namespace

std::unique_ptr<System> make_erlang_rate(const Scenario& scenario) {
  return std::make_unique<ErlangRate>(scenario);
}

}  // namespace paceline::test
