// The targets file: every pacing target of the cluster with its options. Row order gives the dense
// index.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/pacing_options.h"
#include "common/base/result.h"

namespace paceline {

/// A pacing target: an agent group with its (virtual) queue, on one media channel.
struct Target {
  std::string id;             // Unique; letters, digits and -_.:@ only, at most 128.
  std::string media_channel;  // "chat", "callback", "webrtc", ...
  std::string group;          // Object id of the agent group at the Stat Server.
  std::string queue;          // Object id of the queue.
  PacingOptions options;      // The file's [options] with the target's own on top.

  bool operator==(const Target&) const = default;
};

struct Targets {
  std::vector<Target> all;
  std::uint64_t dictionary =
      0;  // Hash of all ids in order: what indices mean (FrameHeader::dictionary).

  std::vector<std::string> ids() const;
};

inline constexpr std::size_t default_max_targets = 10'000;

/// TOML: `[options]` for all, then one `[[target]]` each (topology/README.md).
/// CSV, if the first line starts with "id,": id,channel,group,queue and any option columns, by its
/// header.
///
///   max_targets  [1..1'000'000] more rows are refused
///   errors       bad_value, naming FILE:LINE, key and value; too_large: more than max_targets
///   cost         O(n)
Result<Targets> parse_targets(std::string_view text, std::string_view file,
                              std::size_t max_targets = default_max_targets);

/// Hash of ids in order; equal hashes mean equal dictionaries.
std::uint64_t dictionary_of(const std::vector<std::string>& ids);

}  // namespace paceline
