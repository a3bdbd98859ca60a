// VICIdial's adaptive dialling, our own implementation from its public description (VICIdial
// manager manual, "ADAPT_HARD_LIMIT, ADAPT_AVERAGE, ADAPT_TAPERED", and the design, section 9):
// every 15 s the level is multiplied by 1 + mean difference between waiting agents and waiting
// calls over the agents; dropped calls beyond the goal pull it down, each mode in its way.
#include <algorithm>
#include <array>
#include <cmath>

#include "tests/bench/systems.h"

namespace paceline::test {
namespace {

constexpr double dial_every_s = 2.5;
constexpr int dials_per_level = 6;  // 15 s.
constexpr int dials_per_minute = 24;
constexpr std::size_t samples = 15;

class Vicidial final : public System {
 public:
  Vicidial(VicidialMode mode, double goal, double most) : mode_{mode}, goal_{goal}, most_{most} {}

  int decide(const View& view) override {
    if (view.day_s < last_day_s_) answered_ = dropped_ = 0;  // "Today" begins anew.
    last_day_s_ = view.day_s;
    for (const Observation& observation : view.observed) {
      if (!observation.proactive) continue;
      const bool dropped = observation.kind == Observation::Kind::abandoned;
      if (!dropped && observation.kind != Observation::Kind::served) continue;
      ++answered_;
      ++minute_calls_[minute()];
      dropped_ += dropped;
      minute_drops_[minute()] += dropped;
    }
    const int queue = view.queue_proactive + view.queue_reactive;
    difference_[static_cast<std::size_t>(dials_) % samples] = view.idle - queue;
    agents_[static_cast<std::size_t>(dials_) % samples] = view.logged_in;
    ++dials_;
    if (dials_ % dials_per_level == 0) adapt(view);
    if (dials_ % dials_per_minute == 0) minute_calls_[minute()] = minute_drops_[minute()] = 0;
    const double lines = std::round(level_ * view.logged_in);
    return static_cast<int>(lines) - (view.pending + queue + view.talking + view.wrap_up);
  }

  double period_s() const override { return dial_every_s; }

 private:
  // Two buckets of a minute: the one that runs and the one before.
  std::size_t minute() const { return static_cast<std::size_t>(dials_ / dials_per_minute) % 2; }

  void adapt(const View& view) {
    const std::size_t known = std::min<std::size_t>(samples, static_cast<std::size_t>(dials_));
    double difference = 0;
    double agents = 0;
    for (std::size_t i = 0; i < known; ++i) {
      difference += difference_[i];
      agents += agents_[i];
    }
    if (agents > 0) level_ *= 1 + difference / agents;
    level_ = std::round(level_ * 1000) / 1000;

    const int calls = minute_calls_[0] + minute_calls_[1];
    const int drops = minute_drops_[0] + minute_drops_[1];
    if (calls > 20 && drops > 0.5 * calls) level_ /= 2;
    if (answered_ > 50 && dropped_ > goal_ * answered_) {
      switch (mode_) {
        case VicidialMode::hard_limit:
          level_ = 1;
          break;
        case VicidialMode::average:
          level_ /= 2;
          break;
        case VicidialMode::tapered:
          level_ *= std::clamp(1 - view.day_s / view.day_length_s, 0.0, 1.0);
          break;
      }
    }
    level_ = std::clamp(level_, 1.0, most_);
  }

  VicidialMode mode_;
  double goal_;
  double most_;
  double level_ = 1;
  double last_day_s_ = -1e9;
  int dials_ = 0;
  int answered_ = 0;
  int dropped_ = 0;
  std::array<int, 2> minute_calls_{};
  std::array<int, 2> minute_drops_{};
  std::array<double, samples> difference_{};
  std::array<double, samples> agents_{};
};

}  // namespace

std::unique_ptr<System> make_vicidial(const Scenario& scenario, VicidialMode mode, double most) {
  return std::make_unique<Vicidial>(mode, scenario.goal, most);
}

}  // namespace paceline::test
