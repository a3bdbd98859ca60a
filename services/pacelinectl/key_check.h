// The key files of this host, and what is wrong with them.
#pragma once

#include <string>
#include <vector>

#include "services/pacelinectl/environment.h"
#include "topology/topology.h"

namespace paceline::pacelinectl {

struct NodeKeys {
  std::string node;
  std::string fingerprint;  // "" = no public key.
  bool has_secret = false;
};

struct KeyFindings {
  std::string folder;
  std::vector<NodeKeys> keys;         // Of every node, in the topology's order.
  std::vector<std::string> mistakes;  // Sentences that name the file.
};

std::string keys_folder(const Topology& topology);

/// The nodes whose private keys are in the folder.
std::vector<const Node*> nodes_with_secret(const Topology& topology, Environment& environment);

/// Looks at every node's keys.
///   self   our node, which must have its private key, and its host no other's; null = that whose private key
///          is here
KeyFindings check_keys(const Topology& topology, const Node* self, Environment& environment);

}  // namespace paceline::pacelinectl
