#include "services/pacer/shard_totals.h"

namespace paceline::pacer {

ShardTotals::ShardTotals(std::size_t targets) : targets_(targets) {
  by_reason_[static_cast<std::size_t>(Target{}.reason)] = static_cast<std::uint32_t>(targets);
}

void ShardTotals::set(std::uint32_t target, const Target& now) {
  Target& before = targets_[target];
  if (before == now) return;
  --by_reason_[static_cast<std::size_t>(before.reason)];
  ++by_reason_[static_cast<std::size_t>(now.reason)];
  granted_ += now.max_pending - before.max_pending;
  if (now.cold != before.cold) now.cold ? ++cold_ : --cold_;
  before = now;
}

}  // namespace paceline::pacer
