// What was true of all series at one step of time, in a third of the memory of its numbers.
//
//   const PackedSample sample{step, values};
//   sample.range(first, last)       // values of [first, last), as they were
//
// Pure. Series stand together in blocks of 128, so that one of them is read without the others.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "services/watch/series.h"

namespace paceline::watch {

class PackedSample {
 public:
  PackedSample(std::int64_t step, std::span<const HistoryValues> values);

  std::int64_t step() const { return step_; }
  std::uint32_t size() const { return size_; }  // [series]

  /// Of the series [first, last).
  ///   first, last   [0..size()], first <= last
  ///   cost          O(last - first + a block)
  std::vector<HistoryValues> range(std::uint32_t first, std::uint32_t last) const;

  std::vector<HistoryValues> all() const { return range(0, size_); }

 private:
  std::int64_t step_;
  std::uint32_t size_;
  std::vector<std::string> blocks_;
};

}  // namespace paceline::watch
