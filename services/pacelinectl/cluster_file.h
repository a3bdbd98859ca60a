// The topology as a command needs it: which node is ours, where every watch is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/pacelinectl/environment.h"
#include "services/pacelinectl/request.h"
#include "topology/topology.h"

namespace paceline::pacelinectl {

struct WatchEndpoint {
  std::string node;
  std::string url;  // "http://127.0.0.1:7110", without a path.
  std::string token;
  std::string token_file;  // That has the token; "" = none.
  std::string ca_file;
};

struct ClusterFile {
  Topology topology;
  std::string text;
  std::string node;  // Ours: --node, or the first whose elector has its socket here, or the first;
                     // a witness only by --node, since it runs nothing but an elector.
  std::optional<WatchEndpoint> remote{};  // --url: all else is empty then.

  const Node& self() const { return *topology.node(node); }
};

/// Reads and checks the topology that the request names; with --url that watch alone, and no file but those for it.
///   errors   not_found: the file, or --node in it; bad_value: its first mistake
Result<ClusterFile> load_cluster(const Request& request, Environment& environment);

/// A topology file that a command names, for those that need no running cluster.
struct TopologyFile {
  std::string file;  // As it was named.
  std::string text;
  Topology topology;
};

/// FILE of a command whose first argument it is, else --topology.
const std::string& topology_name(const Request& request);

/// That file, read and checked.
///   errors   what the command ends with: exit_usage, it cannot be read; exit_mistakes, its first
///            mistake
tl::expected<TopologyFile, Outcome> open_topology(const Request& request, Environment& environment);

/// Where watch answers, our node's first. A watch that listens on the loopback of another host is
/// left out: it cannot be reached from here.
std::vector<WatchEndpoint> watch_endpoints(const ClusterFile& cluster);

/// Nodes whose control sockets are on this host: ours, then those with the same host.
std::vector<const Node*> local_nodes(const ClusterFile& cluster);

/// Adds who shares agents by the membership file, where the topology names one.
///   errors   of reading it, and its first mistake
Result<void> add_own_membership(Targets& targets, const Topology& topology,
                                Environment& environment);

/// The targets of the cluster, with the membership file where the topology names one.
///   errors   of reading either, and its first mistake
Result<Targets> load_targets(const ClusterFile& cluster, Environment& environment);

/// The pacer that decides a target. By its id alone where the targets file cannot be read or does
/// not have it: right for all that share no agents, and the pacer says if it is not its own.
int pacer_of(const ClusterFile& cluster, const std::string& target, Environment& environment);

/// The folder of a file; "." = it has none.
std::string folder_above(const std::string& file);

/// The secret that stands in `file`, or else `text`.
///   errors   not_found: cannot be read; bad_value: no secret in it
Result<std::string> secret_of(const std::string& text, const std::string& file,
                              Environment& environment);

/// A question to a watch, with the token that lets read.
///   errors   not_found, bad_value: the file of the token cannot be read, or has none
Result<HttpRequest> watch_request(const WatchEndpoint& watch, const std::string& path,
                                  Environment& environment);

/// Asks one watch after the other for `path` until one answers. Who may not read the token gets
/// /api/v1/status from the control socket of a watch of this host.
///   errors   unavailable: none did, naming each address and why
///            refused: what the first one that answered said
Result<HttpAnswer> ask_watch(const ClusterFile& cluster, const std::string& path,
                             Environment& environment);

/// Asks a process where any node's answer serves: the first node of local_nodes() that runs it and
/// answers.
///   errors   unavailable: none did, naming the endpoints and what to try; refused; not_found: no
///            local node runs it
Result<Bytes> ask_process(const ClusterFile& cluster, const std::string& process, int index,
                          const ControlRequest& request, Environment& environment);

/// Asks a process of our node and of no other.
///   errors   as above
Result<Bytes> ask_own_process(const ClusterFile& cluster, const std::string& process, int index,
                              const ControlRequest& request, Environment& environment);

/// How whoever starts the processes of this host is asked how they do: "supervisorctl status".
std::string status_of_starter(Environment& environment);

/// The exit code for an error of the functions above.
int exit_of(const Error& error);

}  // namespace paceline::pacelinectl
