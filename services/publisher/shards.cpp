#include "services/publisher/shards.h"

#include <algorithm>

#include "common/base/check.h"

namespace paceline::publisher {

Shards::Shards(int count, Duration stale) : stale_{stale}, heard_(static_cast<std::size_t>(count)) {
  CHECK(count >= 1 && count <= 64);
}

void Shards::heard(std::size_t shard, Instant now) {
  if (shard < heard_.size()) heard_[shard] = now;
}

std::uint64_t Shards::fresh(Instant now) const {
  std::uint64_t bits = 0;
  for (std::size_t shard = 0; shard < heard_.size(); ++shard)
    if (heard_[shard] && now - *heard_[shard] <= stale_) bits |= std::uint64_t{1} << shard;
  return bits;
}

std::size_t Shards::silent(Instant now) const {
  return static_cast<std::size_t>(std::count_if(
      heard_.begin(), heard_.end(), [&](const auto& at) { return !at || now - *at > stale_; }));
}

double Shards::age_s(Instant now) const {
  Duration oldest{};
  for (const auto& at : heard_) {
    if (!at) return -1;
    oldest = std::max(oldest, now - *at);
  }
  return to_seconds(oldest);
}

}  // namespace paceline::publisher
