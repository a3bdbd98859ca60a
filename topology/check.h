// Every mistake that a topology can hold, all of them at once: `pacelinectl topology check FILE`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "topology/targets.h"
#include "topology/topology.h"

namespace paceline {

/// One mistake: where it is, and a sentence that names key and value.
struct Mistake {
  Location where;
  std::string what;

  /// "FILE:LINE:COLUMN: WHAT"
  std::string text() const { return where.text() + ": " + what; }

  bool operator==(const Mistake&) const = default;
};

/// All mistakes of the text, in the file's order; empty = good. Found are:
///   - not TOML; an unknown key; a value out of its range;
///   - a channel that is missing, unknown, carries something else than the code does, is written or
///     read by a process that does not do that, or is read by nobody;
///   - two sockets on one endpoint; a period beyond its stale bound;
///   - a node twice; no node that can be master; two voters without `mode = "pair"`;
///   - a shard count that does not match the supervisord group given.
///
///   supervisor   the text of a node's supervisord configuration to compare with; "" = none.
///                Its mistakes come last, their places are "supervisor:LINE:1"
///   returns      at most 200 of the file
std::vector<Mistake> check_topology(std::string_view text, std::string_view file,
                                    std::string_view supervisor = "");

/// All mistakes of a targets file (targets.h), at most 200; empty = good.
std::vector<Mistake> check_targets(std::string_view text, std::string_view file,
                                   std::size_t max_targets = default_max_targets);

struct ParsedTopology;  // topology_reader.h

/// What read_topology() gives, with the mistakes that concern several nodes or channels at once.
ParsedTopology read_and_check(std::string_view text, std::string_view file);

}  // namespace paceline
