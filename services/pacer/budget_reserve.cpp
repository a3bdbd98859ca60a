#include "services/pacer/budget_reserve.h"

#include <algorithm>
#include <cmath>

namespace paceline::pacer {

void BudgetReserve::follow(double served, double abandoned, double allowed, bool at_end,
                           double most, double dt_s) {
  constexpr double gain = 0.1;
  constexpr double fades_s = 600;
  if (at_end)
    slots_ += gain * ((1 - allowed) * abandoned - allowed * served);
  else if (slots_ > 0)
    slots_ *= std::exp(-dt_s / fades_s);
  slots_ = std::clamp(slots_, 0.0, most);
}

}  // namespace paceline::pacer
