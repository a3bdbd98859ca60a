// What another topology file changes, and what that asks of a running cluster. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"
#include "topology/settings_diff.h"
#include "topology/topology.h"

namespace paceline::pacelinectl {

/// Setting by setting, and the order of the nodes, as a node's number is its place.
///   errors   bad_value: one of the texts is no topology
Result<std::vector<SettingChange>> topology_changes(std::string_view before,
                                                    std::string_view after);

/// For people: secrets in it are hidden.
std::string shown(const SettingChange& change);

/// The first change that a reload of one node after the other does not carry out; "" = there is none. Tables of processes
/// are read anew by each process for itself; what else is there, and three settings of electors, nodes have to agree on.
std::string beyond_a_reload(const std::vector<SettingChange>& changes);

/// What is to be done beside giving each host the file and reloading it.
struct Needed {
  enum class Kind : std::uint8_t {
    reload,  // Nothing.
    pacers,  // Each node's group of processes is another one.
    add,     // `node` is new, at the end.
    remove,  // `node` is gone.
    move,    // `node` is at another host or port.
    outage,  // Nodes have to agree on it: nobody paces until most have it.
    keys,    // `node` gets another pair of keys, the file stays.
  };
  Kind kind = Kind::reload;
  std::string node;
};

/// One thing at a time.
///   errors   unsupported: why this cannot be one change, and how it could be several
Result<Needed> needed_for(const Topology& before, const Topology& after,
                          const std::vector<SettingChange>& changes);

}  // namespace paceline::pacelinectl
