#include "services/publisher/capacity.h"

#include <algorithm>
#include <cmath>

namespace paceline::publisher {
namespace {

// Weight of an observation after one more: about the last 100 count.
constexpr double memory = 0.99;
constexpr double least_observations = 4;
// Below it all sizes are one, and the slope is noise.
constexpr double least_deviation_bytes = 64;
// Of the variance of the times, by the sizes; below it the slope is noise.
constexpr double least_explained = 0.05;
constexpr double most_targets = 1e9;

}  // namespace

void Capacity::observe(double bytes, double round_trip_s) {
  weight_ = memory * weight_ + 1;
  const double share = 1 / weight_;
  const double bytes_off = bytes - bytes_;
  const double time_off = round_trip_s - time_;
  bytes_ += share * bytes_off;
  time_ += share * time_off;
  bytes_variance_ += share * (bytes_off * (bytes - bytes_) - bytes_variance_);
  time_variance_ += share * (time_off * (round_trip_s - time_) - time_variance_);
  covariance_ += share * (bytes_off * (round_trip_s - time_) - covariance_);
}

std::optional<Capacity::Line> Capacity::line() const {
  if (weight_ < least_observations || std::sqrt(bytes_variance_) < least_deviation_bytes)
    return std::nullopt;
  const double slope = covariance_ / bytes_variance_;
  if (slope <= 0 || covariance_ * slope < least_explained * time_variance_) return std::nullopt;
  return Line{.base_s = std::max(time_ - slope * bytes_, 0.0), .seconds_per_byte = slope};
}

std::optional<double> Capacity::targets_within(double limit_s, double bytes_per_target) const {
  const auto fit = line();
  if (!fit) return std::nullopt;
  if (fit->base_s >= limit_s) return 0;
  const double seconds_per_target = fit->seconds_per_byte * bytes_per_target;
  return std::min((limit_s - fit->base_s) / seconds_per_target, most_targets);
}

}  // namespace paceline::publisher
