#include "services/publisher/batch_limit.h"

#include <algorithm>

namespace paceline::publisher {
namespace {

constexpr std::size_t least_targets = 100;  // However often an endpoint says 413.

std::size_t half(std::size_t limit, std::size_t targets) {
  return std::max(std::min(limit, targets) / 2, std::min(limit, least_targets));
}

}  // namespace

bool BatchLimit::too_large(std::size_t targets) {
  const std::size_t before = std::min(limit_, targets);
  limit_ = ceiling_ = half(limit_, targets);
  return limit_ < before;
}

void BatchLimit::timed_out(std::size_t targets) {
  if (targets > least_targets) limit_ = half(limit_, targets);
}

void BatchLimit::accepted() {
  limit_ = std::min(limit_ * 2, ceiling_);
}

}  // namespace paceline::publisher
