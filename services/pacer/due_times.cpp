#include "services/pacer/due_times.h"

#include <algorithm>

namespace paceline::pacer {

void DueTimes::decided(std::uint32_t target, double now_s, double period_s, double rest_s) {
  double& refresh_s = refresh_s_[target];
  if (now_s >= refresh_s + period_s) refresh_s = now_s;
  if (now_s >= refresh_s) refresh_s += period_s;
  due_s_[target] = rest_s > 0 ? std::max(refresh_s, now_s + rest_s) : refresh_s;
}

void DueTimes::keep(std::uint32_t target, const DueTimes& from, std::uint32_t before) {
  due_s_[target] = from.due_s_[before];
  refresh_s_[target] = from.refresh_s_[before];
}

}  // namespace paceline::pacer
