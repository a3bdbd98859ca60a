// The targets file: every pacing target of the cluster with its options.
//
// The order of the rows gives each target its dense index.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/pacing_options.h"
#include "common/base/result.h"

namespace paceline {

/// A pacing target: an agent group with its (virtual) queue, on one media channel. Several targets
/// of one media channel are its several groups.
struct Target {
  std::string id;             // Unique; letters, digits and -_.:@ only, at most 128.
  std::string media_channel;  // "chat", "callback", "webrtc", ...
  std::string group;          // Object id of the agent group at the Stat Server.
  std::string queue;          // Object id of the queue.
  std::string pool;           // Targets that name the same have the same agents; "" = none.
  PacingOptions options;      // [options], then [channel.NAME], then the target's own on top.

  bool operator==(const Target&) const = default;
};

/// Agents who serve exactly these groups, as the site's membership says.
struct AgentSet {
  std::vector<std::string> groups;  // Object ids, ascending, none twice; at most 256.
  int agents = 1;                   // [1..1'000'000]

  bool operator==(const AgentSet&) const = default;
};

struct Targets {
  std::vector<Target> all;
  std::vector<AgentSet> agents;  // Empty = nothing is told; in the order of their groups.

  std::vector<std::string> ids() const;

  /// Hash of everything that the file says, in its order: two processes that show the same work
  /// with the same targets. Sixteen hexadecimal digits.
  std::string version() const;
};

inline constexpr std::size_t default_max_targets = 10'000;

/// CSV or TOML, as the file's name ends (topology/SETTINGS.md has both).
///
///   max_targets  [1..1'000'000] more rows are refused
///   errors       bad_value: the first mistake, naming FILE:LINE:COLUMN, key and value, and how
///                many more there are; too_large: nothing is wrong but that there are too many
///   cost         O(n)
Result<Targets> parse_targets(std::string_view text, std::string_view file,
                              std::size_t max_targets = default_max_targets);

/// The same targets as a file that parse_targets() reads back to the same, in either form. Options
/// that all targets share stand once; in CSV, columns that nobody needs are left out.
std::string targets_as_toml(const Targets& targets);
std::string targets_as_csv(const Targets& targets);

}  // namespace paceline
