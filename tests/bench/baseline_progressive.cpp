// Progressive dialling 1:1: an invitation for every agent who is idle
// and not yet spoken for. The mode that every outbound product offers as
// the safe one (design, section 9). Also the system that invites nobody.

#include "tests/bench/systems.h"

namespace paceline::test {
namespace {

class Progressive final : public System {
 public:
  explicit Progressive(double period) : period_{period} {}

  int decide(const View& view) override {
    return view.idle - view.queue_proactive - view.queue_reactive - view.pending;
  }
  double period_s() const override { return period_; }

 private:
  double period_;
};

class Silent final : public System {
 public:
  explicit Silent(double period) : period_{period} {}

  int decide(const View&) override { return 0; }
  double period_s() const override { return period_; }

 private:
  double period_;
};

}  // namespace

std::unique_ptr<System> make_progressive(const Scenario& scenario) {
  return std::make_unique<Progressive>(scenario.refresh_s);
}

std::unique_ptr<System> make_silent(const Scenario& scenario) {
  return std::make_unique<Silent>(scenario.refresh_s);
}

}  // namespace paceline::test
