#include "services/watch/packed_sample.h"

#include <algorithm>

#include "common/base/check.h"

namespace paceline::watch {
namespace {

constexpr std::uint32_t block_series = 128;

}  // namespace

PackedSample::PackedSample(std::int64_t step, std::span<const HistoryValues> values)
    : step_{step}, size_{static_cast<std::uint32_t>(values.size())} {
  std::vector<HistoryPoint> points;
  for (std::size_t first = 0; first < values.size(); first += block_series) {
    points.clear();  // Without keys: where they stand says which they are.
    for (const auto& one :
         values.subspan(first, std::min<std::size_t>(block_series, values.size() - first)))
      points.push_back({0, one});
    blocks_.push_back(encode_points(points));
    blocks_.back().shrink_to_fit();
  }
}

std::vector<HistoryValues> PackedSample::range(std::uint32_t first, std::uint32_t last) const {
  CHECK(first <= last && last <= size_);
  std::vector<HistoryValues> values;
  values.reserve(last - first);
  for (std::uint32_t block = first / block_series; block * block_series < last; ++block) {
    const auto points = decode_points(blocks_[block], block_series);
    CHECK(points);  // We wrote it.
    const std::uint32_t begin = block * block_series;
    const std::uint32_t end = std::min(last, begin + block_series);
    for (std::uint32_t i = std::max(first, begin); i < end; ++i)
      values.push_back((*points)[i - begin].values);
  }
  return values;
}

}  // namespace paceline::watch
