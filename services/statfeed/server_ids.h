// Which of our statistics a server means that answers under ids of its own: found by object, type
// and name, and from then on by its id.
//
//   ServerIds ids{mapping, targets_index};
//   for (Statistic statistic : ids.find(value)) ...
//
// One number of the server may be that of several targets: those that share the object.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "services/statfeed/mapping.h"
#include "services/statfeed/targets_index.h"

namespace paceline::statfeed {

class ServerIds {
 public:
  ServerIds(const Mapping& mapping, const TargetsIndex& targets_index)
      : mapping_{mapping}, targets_index_{targets_index} {}

  /// A new session: its ids have nothing to do with earlier ones.
  void begin();
  /// The targets index has changed.
  void targets_changed();

  /// The statistics that the value is of, by its id as learned, or by object, type and name; empty
  /// if it is none of ours. A value without a type is of any.
  ///
  ///   cost   O(1); the first time O(all statistics)
  std::vector<Statistic> find(const StatisticValue& value);

  /// Of an id that find() has learned.
  std::vector<Statistic> find_id(std::string_view id) const;

  /// The id that the server gave a statistic; empty if it uses ours.
  std::string_view theirs(Statistic statistic) const;

 private:
  void index();
  std::vector<Statistic> present(const std::vector<StatisticId>& ids) const;

  const Mapping& mapping_;
  const TargetsIndex& targets_index_;
  bool indexed_ = false;
  std::unordered_map<std::string, std::vector<StatisticId>> by_name_;
  std::unordered_map<std::string, std::vector<StatisticId>> by_id_;
  std::unordered_map<Statistic, std::string> theirs_;
};

}  // namespace paceline::statfeed
