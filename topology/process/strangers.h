// Who tries to connect without a key that fits, as the log and people see it: bounded, whoever it is.
//
//   strangers.refuse("10.0.0.7", "its key is no node's", now);          // for each attempt
//   strangers.tick(now);                        // every few seconds
//
// An address has a line when it begins, one a minute while it goes on, and one when it was quiet for a
// minute; beyond 64 addresses at a time the rest are one, "others". Where nodes of the cluster have
// that address, it is most likely one of those whose key does not fit, so they are named.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/ports/log.h"
#include "topology/topology.h"

namespace paceline {

class Strangers {
 public:
  ///   self   the node that refuses: never one of those named
  Strangers(const Topology& topology, const std::string& self, Log& log);

  void refuse(const std::string& address, std::string why, Instant now);
  void tick(Instant now);

  /// Nodes at whose addresses keys are refused now, in order.
  std::vector<std::string> nodes() const;

 private:
  struct Stranger {
    std::vector<std::string> nodes;  // That have the address.
    std::string why;                 // The last attempt.
    std::uint64_t count = 0;
    Instant last{};
    Instant told{};
  };

  void tell(const std::string& address, Stranger& stranger, Instant now);

  Log& log_;
  std::map<std::string, std::vector<std::string>> nodes_at_;  // By host.
  std::map<std::string, Stranger> strangers_;                 // By address.
};

}  // namespace paceline
