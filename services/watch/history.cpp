#include "services/watch/history.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"

namespace paceline {
namespace {

std::uint16_t scaled(double share, double scale) {
  return static_cast<std::uint16_t>(std::lround(std::clamp(share, 0.0, 1.0) * scale));
}

HistoryPoint point_of(const TargetRow& row, std::int64_t wall_ms) {
  const double working = row.stat.busy + row.stat.after_call_work;
  const double busy = row.stat.logged_in > 0 ? working / row.stat.logged_in : 0;
  const double lost = std::isfinite(row.pace.abandonment) ? row.pace.abandonment : 0;
  return {.wall_ms = wall_ms,
          .proactive = row.pace.proactive,
          .pending = row.pace.pending,
          .ready = row.stat.ready,
          .in_queue = row.stat.in_queue,
          .busy_per_mille = scaled(busy, 1000),
          .abandonment_per_10000 = scaled(lost, 10000),
          .accepted = static_cast<std::uint32_t>(row.feedback.accepted)};
}

}  // namespace

History::History(std::size_t targets, std::size_t points_each, std::size_t most_points)
    : targets_{targets},
      points_each_{
          std::clamp<std::size_t>(most_points / std::max<std::size_t>(targets, 1), 1, points_each)},
      points_(targets * points_each_) {
}

void History::sample(const TargetTable& table, std::int64_t wall_ms) {
  CHECK(table.size() == targets_);
  const std::size_t start = samples_++ % points_each_ * targets_;
  for (std::uint32_t i = 0; i < targets_; ++i) points_[start + i] = point_of(table.row(i), wall_ms);
}

void History::renumber(const std::vector<std::uint32_t>& before) {
  std::vector<HistoryPoint> points(before.size() * points_each_);
  for (std::size_t k = 0; k < points_each_; ++k)
    for (std::size_t i = 0; i < before.size(); ++i)
      if (before[i] != UINT32_MAX)
        points[k * before.size() + i] = points_[k * targets_ + before[i]];
  targets_ = before.size();
  points_ = std::move(points);
}

std::vector<HistoryPoint> History::of(std::uint32_t index) const {
  CHECK(index < targets_);
  std::vector<HistoryPoint> found;
  const std::size_t kept = std::min(samples_, points_each_);
  for (std::size_t i = samples_ - kept; i < samples_; ++i)
    if (const auto& point = points_[i % points_each_ * targets_ + index]; point.wall_ms > 0)
      found.push_back(point);
  return found;
}

}  // namespace paceline
