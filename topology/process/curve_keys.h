// The CURVE keys of a cluster's nodes: one pair a node, in files that `pacelinectl keys` makes.
#pragma once

#include <map>
#include <string>

#include "topology/topology.h"

namespace paceline {

struct CurveKeys {
  std::string own_secret;                          // 40 characters of Z85.
  std::map<std::string, std::string> public_keys;  // By node name; 40 characters of Z85.

  /// The node of this cluster whose public key it is; null = nobody's.
  const std::string* node_of(std::string_view public_key) const;
};

/// Reads {run_dir}/keys/NODE.secret of `self` and NODE.public of every node.
///   throws   std::runtime_error, naming the file: missing, or not a key
CurveKeys read_curve_keys(const Topology& topology, const std::string& self);

}  // namespace paceline
