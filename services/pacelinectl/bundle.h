// The files of a new cluster, one bundle a node: an image of the folders of that node's host, so
// that its contents are copied to / as they stand.
#pragma once

#include <string>
#include <vector>

#include "services/pacelinectl/init_wishes.h"

namespace paceline::pacelinectl {

struct BundleFile {
  std::string path;  // In the bundle: "etc/paceline/topology.toml".
  std::string content;
  unsigned mode = 0644;

  bool operator==(const BundleFile&) const = default;
};

/// What the person gave in files.
struct BundleInputs {
  std::string targets;        // The targets file; "" = the example.
  std::string client_secret;  // Whole files.
  std::string ca;
};

/// The topology file, the same on every node, with what to change in remarks.
std::string bundle_topology(const NewCluster& cluster);

/// A targets file of one target, with remarks.
std::string example_targets();

/// All files of a node but its keys. A witness gets neither targets nor secrets.
std::vector<BundleFile> bundle_files(const NewCluster& cluster, const NewNode& node,
                                     const BundleInputs& inputs);

/// Where a bundle has the keys: "var/lib/paceline/keys".
std::string bundle_keys(const NewCluster& cluster);

}  // namespace paceline::pacelinectl
