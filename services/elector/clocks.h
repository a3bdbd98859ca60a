// How far the wall clocks of other nodes are from ours, by the time that they say when they speak.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "common/base/time.h"

namespace paceline::elector {

class PeerClocks {
 public:
  /// A message of `node` came.
  ///   difference   our wall clock when it came minus the one that it names: above 0 = ours is ahead
  void heard(const std::string& node, Duration difference);

  /// Nothing is known of a node that is gone.
  void forget(const std::string& node) { last_.erase(node); }

  /// The smallest of the last five, without its sign: a message that waited says too much. Empty =
  /// not known.
  std::optional<Duration> difference(const std::string& node) const;

 private:
  std::map<std::string, std::deque<Duration>> last_;
};

}  // namespace paceline::elector
