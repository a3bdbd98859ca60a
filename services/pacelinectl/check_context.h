// What the parts of `pacelinectl check` share: the cluster, what its processes would read, and the list that they fill.
#pragma once

#include <optional>

#include "services/elector/config.h"
#include "services/pacelinectl/check_list.h"
#include "services/pacelinectl/cluster_file.h"
#include "services/publisher/config.h"
#include "services/statfeed/config.h"
#include "services/watch/config.h"

namespace paceline::pacelinectl {

/// What the processes of our node read of the topology file; none that it does not run, or that would refuse
/// its table.
struct NodeSettings {
  std::optional<statfeed::StatfeedConfig> statfeed;
  std::optional<publisher::PublisherConfig> publisher;
  std::optional<elector::ElectorConfig> elector;
  std::optional<watch::WatchConfig> watch;
};

struct CheckContext {
  const Request& request;
  Environment& environment;
  const ClusterFile& cluster;
  NodeSettings settings;
  CheckList& list;

  const Topology& topology() const { return cluster.topology; }
  const Node& self() const { return cluster.self(); }
};

NodeSettings node_settings(const ClusterFile& cluster);

struct NamedSecret {
  std::string file;
  std::string what;  // "the client secret"
};

/// The files with secrets that the settings name; the topology file too if a secret stands in it.
std::vector<NamedSecret> secret_files(const NodeSettings& settings,
                                      const std::string& topology_file);

}  // namespace paceline::pacelinectl
