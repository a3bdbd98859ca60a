#include "tests/scenario/loop_measure.h"

#include <cmath>

namespace paceline::test {

LoopFigures measure_loop(const ClosedLoop::Plan& plan, int seeds, Duration day) {
  LoopFigures figures;
  const double measured_s = to_seconds(day) * seeds;
  for (int seed = 1; seed <= seeds; ++seed) {
    ClosedLoop loop{plan, static_cast<std::uint64_t>(seed)};
    loop.run_for(ClosedLoop::learns);
    const auto before = loop.totals();
    loop.run_for(day);
    const auto had = loop.totals() - before;
    figures.occupancy.push_back(100 * had.occupancy());
    figures.abandonment.push_back(100 * had.abandonment());
    figures.requests_per_minute += static_cast<double>(had.publications) * 60 / measured_s;
    figures.bytes_per_s += static_cast<double>(had.bytes) / measured_s;
  }
  return figures;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

double interval_of(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double square = 0;
  for (const double value : values) square += std::pow(value - mean_of(values), 2);
  return n > 1 ? 1.96 * std::sqrt(square / (n - 1) / n) : 0;
}

}  // namespace paceline::test
