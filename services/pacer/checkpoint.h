// What the targets of a shard have learned, as bytes that survive a restart. Pure;
// adapter_checkpoint has the file.
//
// Format, little-endian, doubles by their bits:
//   "PLCK"
//   version
//   time saved, number of targets
//   of each target: length of its id, its id, its values
//   FNV-1a of everything before
// Another version or a wrong hash is refused whole.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "common/base/time.h"
#include "services/pacer/history.h"

namespace paceline::pacer {

struct Checkpoint {
  WallTime saved{};
  std::vector<std::pair<std::string, Learned>> targets;

  bool operator==(const Checkpoint&) const = default;
};

std::string encode_checkpoint(const Checkpoint& checkpoint);

/// Any bytes: a value or an error.
///   errors   bad_value: not a checkpoint, cut short, or damaged; unsupported: another version;
///            too_large: more than max_rows targets
Result<Checkpoint> decode_checkpoint(std::string_view bytes);

/// Where checkpoints are kept: a file in production, memory in tests.
class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;
  /// errors   not_found: there is none
  virtual Result<std::string> load() = 0;
  /// Those of the node's other shards, whose targets may be ours now: the number of shards changed.
  virtual std::vector<std::string> others() { return {}; }
  virtual Result<void> save(std::string_view bytes) = 0;
};

}  // namespace paceline::pacer
