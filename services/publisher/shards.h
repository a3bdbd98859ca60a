// Which pacer shards were heard lately enough to be believed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/time.h"

namespace paceline::publisher {

class Shards {
 public:
  /// `count` [1..64] of them; silent for longer than `stale` is stale.
  Shards(int count, Duration stale);

  void heard(std::size_t shard, Instant now);

  /// The fresh ones, one bit each.
  std::uint64_t fresh(Instant now) const;
  std::size_t silent(Instant now) const;
  /// [s] since the most silent one was heard; -1 = one was never heard.
  double age_s(Instant now) const;

 private:
  Duration stale_;
  std::vector<std::optional<Instant>> heard_;
};

}  // namespace paceline::publisher
