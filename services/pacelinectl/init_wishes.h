// What `init` has to be told: the table of its options and questions, and what they come to.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace paceline::pacelinectl {

struct InitWish {
  enum class Kind : std::uint8_t { name, nodes, address, text, file, folder };

  std::string_view key;  // "cluster": the option is --cluster.
  Kind kind;
  std::string_view value;     // "NAME": what the option stands for.
  std::string_view help;      // Of the option; the question on a terminal.
  bool needed = false;        // It has to be told.
  std::string_view fallback;  // Else.
};

/// In the order in which they are asked. Folders are never asked for.
std::span<const InitWish> init_wishes();

/// What is wrong with an answer by itself, for a person; "" = nothing.
std::string fault_of(const InitWish& wish, std::string_view answer);

struct NewNode {
  std::string name;
  std::string host;  // IPv6 without brackets.
  int port = 0;
  bool witness = false;
};

/// "a=192.0.2.11,b=[2001:db8::12]:7200"; a port that is not said is 7100.
///   errors   bad_value: what it is that is no NAME=ADDRESS
Result<std::vector<NewNode>> parse_new_nodes(std::string_view text);

/// The configuration of a cluster to come.
struct NewCluster {
  std::string name;
  std::vector<NewNode> nodes;  // The first is preferred as master; a witness stands last.
  bool pair = false;           // Two nodes without a witness, accepted.
  std::string statserver;
  std::string statserver_backup;  // "" = none.
  std::string endpoint;
  std::string token_url;
  std::string client_id;
  bool has_ca = false;
  std::string targets_name;  // Of the targets file, beside the topology.
  std::string config_dir;    // Absolute, without a slash at the end; so are the next two.
  std::string state_dir;
  std::string socket_dir;
};

/// Of answers that are good by themselves, by key; one that is absent has its fallback.
///   errors   bad_value: two nodes without witness or pair, more than one witness
Result<NewCluster> new_cluster(const std::map<std::string, std::string>& answers, bool pair);

}  // namespace paceline::pacelinectl
