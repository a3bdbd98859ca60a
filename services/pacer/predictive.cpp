#include "services/pacer/predictive.h"

#include <algorithm>
#include <cmath>

namespace paceline::pacer {

double quantile_stock(const QuantileProblem& problem, double z) {
  const double p = problem.acceptance;
  const double refuse = 1 - p;
  const double v = problem.variance;
  const double r = problem.capacity;
  if (refuse < 1e-6) return std::max(0.0, (r - z * std::sqrt(v)) / p);
  // With y = sqrt(V + p P m): y^2 / P + z y - (R + V / P) = 0.
  const double discriminant = z * z + 4 * (r + v / refuse) / refuse;
  if (discriminant < 0) return 0;
  const double y = 0.5 * refuse * (-z + std::sqrt(discriminant));
  if (y <= 0) return 0;
  return std::max(0.0, (y * y - v) / (p * refuse));
}

double busy_stock(const BusyProblem& problem) {
  const double wanted = (problem.goal + problem.integral) * problem.slots;
  const double coming =
      problem.busy - problem.expected_free + problem.queue + problem.expected_reactive;
  return std::max(0.0, (wanted - coming) / problem.acceptance);
}

double busy_integral(double integral, double goal, double busy_share, double dt_s) {
  constexpr double time_constant_s = 900;
  constexpr double most = 0.3;
  return std::clamp(integral + dt_s / time_constant_s * (goal - busy_share), -most, most);
}

}  // namespace paceline::pacer
