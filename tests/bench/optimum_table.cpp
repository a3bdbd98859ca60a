// Plays the memoryless optimum's own table: what can be had of a refresh period by somebody who is
// told every mean and has nothing to learn (theory.h; Altman 1999: the optimum under a constraint
// mixes two neighbouring deterministic policies).
#include <algorithm>
#include <cmath>

#include "tests/bench/systems.h"

namespace paceline::test {
namespace {

class OptimumTable final : public System {
 public:
  OptimumTable(OrderUpTo tables, double period_s, bool at_events)
      : tables_{std::move(tables)}, period_s_{period_s}, at_events_{at_events} {}

  int decide(const View& view) override {
    // Hours by multiples of the golden ratio: evenly spread whatever the share.
    constexpr double golden = 0.6180339887498949;
    const double hour = std::floor(view.now_s / 3600);
    const bool bold = std::fmod((hour + 0.5) * golden, 1.0) < tables_.bold_share;
    const auto& up_to = bold ? tables_.bold : tables_.careful;
    const auto in_system =
        static_cast<std::size_t>(view.talking + view.wrap_up + view.queue_proactive);
    return up_to[std::min(in_system, up_to.size() - 1)] - view.pending;
  }
  double period_s() const override { return period_s_; }
  double debounce_s() const override { return at_events_ ? 0 : -1; }

 private:
  OrderUpTo tables_;
  double period_s_;
  bool at_events_;
};

}  // namespace

std::unique_ptr<System> make_order_up_to(OrderUpTo tables, double period_s, bool at_events) {
  return std::make_unique<OptimumTable>(std::move(tables), period_s, at_events);
}

}  // namespace paceline::test
