// What is odd about other nodes: told once when it begins and once when it is over, with the node's
// name, and in the metrics while it lasts.
//
//   forged_sender, impossible_term, witness_leads   over when none came for 10 s
//   clock_differs                                   from 1 s on
//   targets_differ                                  after 10 s: a file that is rolled out is no fault
#pragma once

#include <map>
#include <string>
#include <utility>

#include "common/ports/world.h"
#include "services/elector/clocks.h"
#include "services/elector/election.h"
#include "services/elector/metrics.h"

namespace paceline::elector {

class OddPeers {
 public:
  OddPeers(World& world, ElectorMetrics& metrics) : world_{world}, metrics_{metrics} {}

  /// A message that counts.
  void heard(const ElectionMessage& message);

  /// One that does not.
  ///   what   forged_sender, impossible_term or witness_leads
  ///   from   whose key the connection has; bounded by the topology
  void refused(const std::string& what, const std::string& from, const std::string& claims,
               std::uint64_t term);

  /// Compares what lasts; called every second or so.
  void look(const Election& election, const std::string& our_targets);

 private:
  struct Fault {
    std::uint64_t count = 0;
    Instant last{};
  };

  void begin_or_go_on(const std::string& what, const std::string& node, Log::Fields fields);
  void end(const std::string& what, const std::string& node);
  void look_at_clock(const std::string& node, bool alive);
  bool look_at_targets(const std::string& node, bool alive, const std::string& ours,
                       const std::string& theirs);

  World& world_;
  ElectorMetrics& metrics_;
  PeerClocks clocks_;
  std::map<std::string, Instant> differing_since_;               // Targets, by node.
  std::map<std::pair<std::string, std::string>, Fault> faults_;  // By what and node.
};

}  // namespace paceline::elector
