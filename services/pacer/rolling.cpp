#include "services/pacer/rolling.h"

#include <algorithm>
#include <cmath>

namespace paceline::pacer {

void RollingDays::close_day(const RollingSum& day, int of, double passed) {
  const double before = of - 1;
  if (of <= 0 || passed > of) at = {};
  if (of <= 0) return;
  const double length = std::max(1.0, std::ceil(before / (blocks - 1)));
  if (at[0].days >= length) {
    std::ranges::copy_backward(at.begin(), at.end() - 1, at.end());
    at[0] = {};
  }
  at[0].days += std::clamp(passed, 1.0, static_cast<double>(of));
  at[0].outcomes += day.outcomes;
  at[0].abandoned += day.abandoned;
}

int RollingDays::reach() const {
  double most = 0;
  for (const Block& block : at) most = std::max(most, block.days);
  return most > 0 ? 1 + static_cast<int>((blocks - 1) * std::min(most, 366.0)) : 0;
}

RollingSum RollingDays::sum(double days) const {
  RollingSum all;
  for (const Block& block : at) {
    if (!(days > 0) || !(block.days > 0)) break;
    const double share = std::min(1.0, days / block.days);
    all.outcomes += share * block.outcomes;
    all.abandoned += share * block.abandoned;
    days -= block.days;
  }
  return all;
}

}  // namespace paceline::pacer
