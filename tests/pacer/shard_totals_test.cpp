#include "services/pacer/shard_totals.h"

#include <numeric>

#include "common/base/random.h"
#include "tests/support/catch.h"

namespace paceline::test {
using pacer::ShardTotals;
namespace {

std::size_t place_of(PaceReason reason) {
  return static_cast<std::size_t>(reason);
}

}  // namespace

TEST_CASE("before anything is decided all targets are without statistics", "[pacer]") {
  const ShardTotals totals{3};

  CHECK(totals.by_reason()[place_of(PaceReason::stale_statistics)] == 3);
  CHECK(totals.granted() == 0);
  CHECK(totals.cold() == 0);
}

TEST_CASE("totals kept up target by target are those of adding all up", "[pacer]") {
  constexpr std::uint32_t targets = 20;
  ShardTotals totals{targets};
  SplitMix64 random{3};

  for (int i = 0; i < 1000; ++i)
    totals.set(static_cast<std::uint32_t>(random.uniform() * targets),
               {.reason = static_cast<PaceReason>(static_cast<int>(random.uniform() * 5)),
                .max_pending = static_cast<std::int32_t>(random.uniform() * 100),
                .cold = random.uniform() < 0.5});

  std::int64_t granted = 0;
  std::uint32_t cold = 0;
  std::array<std::uint32_t, pacer::pace_reasons> by_reason{};
  for (std::uint32_t i = 0; i < targets; ++i) {
    granted += totals.of(i).max_pending;
    cold += totals.of(i).cold ? 1u : 0u;
    ++by_reason[place_of(totals.of(i).reason)];
  }
  CHECK(totals.granted() == granted);
  CHECK(totals.cold() == cold);
  CHECK(totals.by_reason() == by_reason);
  CHECK(std::accumulate(by_reason.begin(), by_reason.end(), 0u) == targets);
}

}  // namespace paceline::test
