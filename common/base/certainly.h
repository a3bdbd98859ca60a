// What a measure with a known error says for certain.
#pragma once

#include <algorithm>
#include <cmath>

namespace paceline {

/// How far apart two quantities are at least, whose difference was measured.
///
///   difference   any unit, any sign
///   error        [>= 0] same unit; by which the measure may be wrong, either way
///   returns      [>= 0]
inline double certainly_apart(double difference, double error) {
  return std::max(std::abs(difference) - error, 0.0);
}

}  // namespace paceline
