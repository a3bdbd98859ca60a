#include "services/pacer/due_times.h"

#include <algorithm>
#include <cmath>

namespace paceline::pacer {
namespace {

// Multiples of the golden section spread any number of grids evenly (Weyl's sequence).
float phase_of(std::size_t target) {
  constexpr std::size_t block = 64;  // [targets]
  constexpr double golden_section = 0.6180339887498949;
  return static_cast<float>(std::fmod(static_cast<double>(target / block) * golden_section, 1.0));
}

// The first point of a grid after `now_s`.
double next_refresh_s(double phase, double now_s, double period_s) {
  const double refresh_s = (std::floor(now_s / period_s - phase) + 1 + phase) * period_s;
  return refresh_s > now_s ? refresh_s : refresh_s + period_s;  // Rounding.
}

}  // namespace

DueTimes::DueTimes(std::size_t targets) : due_s_(targets, at_once) {
  phase_.reserve(targets);
  for (std::size_t i = 0; i < targets; ++i) phase_.push_back(phase_of(i));
}

void DueTimes::decided(std::uint32_t target, double now_s, double period_s, std::uint32_t grid,
                       double rest_s) {
  const double refresh_s = next_refresh_s(phase_[grid], now_s, period_s);
  due_s_[target] = rest_s > 0 ? std::max(refresh_s, now_s + rest_s) : refresh_s;
}

void DueTimes::keep(std::uint32_t target, const DueTimes& from, std::uint32_t before) {
  due_s_[target] = from.due_s_[before];
  phase_[target] = from.phase_[before];
}

}  // namespace paceline::pacer
