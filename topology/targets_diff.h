// What makes one set of targets differ from another: for people, and for the answer to a reload.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "topology/targets.h"

namespace paceline {

struct TargetChange {
  struct Field {
    std::string_view name;  // "group", "optimizationGoal", ...
    std::string before;
    std::string after;
  };
  std::string id;
  std::vector<Field> fields;  // In the order of the file's columns; never empty.
};

struct TargetsDiff {
  std::vector<std::string> added;    // In the order of `after`.
  std::vector<std::string> removed;  // In the order of `before`.
  std::vector<TargetChange> changed;

  bool empty() const { return added.empty() && removed.empty() && changed.empty(); }

  /// "3 added, 1 removed, 2 changed", or "no target differs".
  std::string summary() const;
};

/// Order and defaults do not matter: targets are compared by id, with the options in force.
///   cost   O(n)
TargetsDiff diff_targets(const std::vector<Target>& before, const std::vector<Target>& after);

}  // namespace paceline
