#include "services/watch/packed_sample.h"

#include <rapidcheck.h>

#include "tests/support/catch.h"

namespace paceline::watch::test {
namespace {

std::vector<HistoryValues> any_values(std::size_t size) {
  std::vector<HistoryValues> values(size);
  for (auto& one : values)
    for (auto& number : one.at) number = *rc::gen::arbitrary<std::int32_t>();
  return values;
}

}  // namespace

TEST_CASE("a packed sample gives back what was put into it, whole and in part",
          "[watch][property]") {
  REQUIRE(rc::check([] {
    const auto size = *rc::gen::inRange<std::uint32_t>(0, 400);
    const auto values = any_values(size);
    const PackedSample sample{7, values};
    RC_ASSERT(sample.step() == 7);
    RC_ASSERT(sample.size() == size);
    RC_ASSERT(sample.all() == values);
    const auto first = *rc::gen::inRange<std::uint32_t>(0, size + 1);
    const auto last = *rc::gen::inRange<std::uint32_t>(first, size + 1);
    RC_ASSERT(sample.range(first, last) ==
              std::vector<HistoryValues>(values.begin() + first, values.begin() + last));
  }));
}

}  // namespace paceline::watch::test
