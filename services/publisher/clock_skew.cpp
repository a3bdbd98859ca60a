#include "services/publisher/clock_skew.h"

#include <algorithm>
#include <cmath>

#include "common/base/certainly.h"
#include "common/base/retry_after.h"
#include "common/wire/state_frame.h"

namespace paceline::publisher {
namespace {

constexpr std::size_t most_samples = 8;
constexpr Duration sample_memory = 5min;  // Clocks drift apart, by up to 30 ms in that time.
constexpr double half_second_ms = 500;    // Dates have whole seconds.

}  // namespace

double ClockSkew::Estimate::least_ms() const {
  return certainly_apart(skew_ms, error_ms);
}

void ClockSkew::observe(std::string_view date, WallTime received, Duration round_trip,
                        Instant now) {
  const auto theirs = parse_http_date(date);
  if (!theirs) return;
  const double theirs_ms = static_cast<double>(theirs->time_since_epoch().count()) * 1000;
  const double half_trip_ms = to_seconds(round_trip) * 500;
  const double ours_ms = to_seconds(received.time_since_epoch()) * 1000 - half_trip_ms;
  const Estimate newest{
      .skew_ms = std::clamp(ours_ms - (theirs_ms + half_second_ms), -max_wall_ms, max_wall_ms),
      .error_ms = half_trip_ms + half_second_ms};
  if (const auto kept = estimate(now);
      kept && std::abs(kept->skew_ms - newest.skew_ms) > kept->error_ms + newest.error_ms)
    samples_.clear();
  samples_.push_back({newest, now});
  if (samples_.size() > most_samples) samples_.pop_front();
}

std::optional<ClockSkew::Estimate> ClockSkew::estimate(Instant now) const {
  std::optional<Estimate> best;
  for (const Sample& sample : samples_)
    if (now - sample.at <= sample_memory && (!best || sample.estimate.error_ms <= best->error_ms))
      best = sample.estimate;
  return best;
}

}  // namespace paceline::publisher
