// Webitel's predictive mode, our own implementation from its public description (design, section
// 9): within the hour, lines per idle agent are attempts over connects, raised while abandonment is
// under the goal and dropped to one as soon as it is not.
#include <algorithm>
#include <cmath>

#include "tests/bench/systems.h"

namespace paceline::test {
namespace {

constexpr double level_every_s = 60;
constexpr double window_s = 3600;
constexpr int fewest_attempts = 20;

class Webitel final : public System {
 public:
  Webitel(double goal, double period) : goal_{goal}, period_{period} {}

  int decide(const View& view) override {
    for (const Observation& observation : view.observed) {
      if (!observation.proactive) continue;
      switch (observation.kind) {
        case Observation::Kind::accepted:
          ++attempts_, ++connects_;
          break;
        case Observation::Kind::refused:
          ++attempts_;
          break;
        case Observation::Kind::served:
          ++ended_;
          break;
        case Observation::Kind::abandoned:
          ++ended_, ++abandoned_;
          break;
        case Observation::Kind::arrived:
        case Observation::Kind::talk_ended:
        case Observation::Kind::freed:
          break;
      }
    }
    if (view.now_s - window_began_ >= window_s) {
      window_began_ = view.now_s;
      attempts_ = connects_ = ended_ = abandoned_ = 0;
    }
    if (view.now_s - level_at_ >= level_every_s) {
      level_at_ = view.now_s;
      adapt();
    }
    const int queue = view.queue_proactive + view.queue_reactive;
    return static_cast<int>(std::floor(over_ * view.idle)) - view.pending - queue;
  }

  double period_s() const override { return period_; }

 private:
  void adapt() {
    if (attempts_ < fewest_attempts || connects_ == 0) return;
    const double abandonment = ended_ > 0 ? static_cast<double>(abandoned_) / ended_ : 0;
    if (abandonment >= goal_) {
      over_ = 1;
      return;
    }
    over_ = static_cast<double>(attempts_) / connects_;
    over_ += over_ * (goal_ - abandonment) * 100 * 0.1;
  }

  double goal_;
  double period_;
  double over_ = 1;
  double window_began_ = 0;
  double level_at_ = 0;
  int attempts_ = 0;
  int connects_ = 0;
  int ended_ = 0;
  int abandoned_ = 0;
};

}  // namespace

std::unique_ptr<System> make_webitel(const Scenario& scenario) {
  return std::make_unique<Webitel>(scenario.goal, scenario.refresh_s);
}

}  // namespace paceline::test
