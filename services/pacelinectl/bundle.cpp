#include "services/pacelinectl/bundle.h"

#include <fmt/format.h>

#include <string_view>

#include "common/base/check.h"
#include "services/pacelinectl/shipped_topology.h"
#include "topology/toml_text.h"

namespace paceline::pacelinectl {
namespace {

constexpr const char* secret_name = "client-secret";
constexpr const char* ca_name = "endpoint-ca.pem";

std::string head(const NewCluster& cluster) {
  return fmt::format(
      R"(# The Paceline cluster {name}, as `pacelinectl init` wrote it: the same file on every node. After a change:
# pacelinectl topology check FILE, copy it to every node, pacelinectl reload on each.
# topology/SETTINGS.md and each services/*/SETTINGS.md have every key.
cluster = {quoted_name}
run_dir = {state}  # Keys, terms, what was learned, history, logs. On a disk.
targets = {targets}  # Beside this file; .csv is read as CSV, .toml as TOML.
pacers = 2  # Processes of a node that decide, each for its share of the targets.
encrypted = true
)",
      fmt::arg("name", cluster.name), fmt::arg("quoted_name", toml_string(cluster.name)),
      fmt::arg("state", toml_string(cluster.state_dir)),
      fmt::arg("targets", toml_string(cluster.targets_name)));
}

std::string nodes(const NewCluster& cluster) {
  std::string out =
      "\n# A node needs port to port+10+pacers, reachable from the other nodes and from nobody "
      "else.\n";
  if (cluster.pair)
    out += "# Without a witness: while the link between the two is cut both may publish.\n";
  int priority = 100;
  for (const NewNode& node : cluster.nodes) {
    const std::string remark =
        node.witness ? "  # A witness votes and is never master: an elector alone." : "";
    out += fmt::format("\n[nodes.{}]\nhost = {}\nport = {}\npriority = {}{}\n", node.name,
                       toml_string(node.host), node.port, node.witness ? 0 : priority, remark);
    priority -= cluster.nodes.size() > 9 ? 1 : 10;  // Higher is preferred as master.
  }
  return out;
}

// What is the same in every cluster is that of the shipped one: from the line that begins with
// `first` to the one before that which begins with `behind`.
std::string shipped(std::string_view first, std::string_view behind, const NewCluster& cluster) {
  constexpr std::string_view sockets = "ipc:///run/paceline";
  const auto from = shipped_topology.find(fmt::format("\n{}", first));
  const auto to = shipped_topology.find(fmt::format("\n{}", behind), from);
  CHECK(from != shipped_topology.npos && to != shipped_topology.npos);
  std::string out{shipped_topology.substr(from + 1, to - from)};
  for (auto at = out.find(sockets); at != out.npos; at = out.find(sockets, at + 1))
    out.replace(at, sockets.size(), "ipc://" + cluster.socket_dir);
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

std::string outside(const NewCluster& cluster) {
  std::string out = fmt::format("\n# The outside.\n\n[statfeed]\nprimary = {}\n",
                                toml_string(cluster.statserver));
  out += cluster.statserver_backup.empty()
             ? "# backup = \"https://backup.example/statistics/v3\"\n"
             : fmt::format("backup = {}\n", toml_string(cluster.statserver_backup));
  out += R"(# interface = "gms"  # Statistics through GMS; without it the Statistics API v3.
# user = "..."  # HTTP Basic; or api_key_file, bearer_file, or auth_url with client_id and client_secret_file.
# password_file = "statserver-password"  # For the processes' user alone: chmod 0600.
# ca_file = "statserver-ca.pem"
# [statfeed.statistics.ready]  # A site's own names of statistics.
# name = "Agents_Ready"
)";
  out += fmt::format(
      "\n[publisher]\nbase_service_url = {}\nbase_auth_url = {}\nclient_id = "
      "{}\nclient_secret_file = "
      "\"{}\"  # Beside this file.\n",
      toml_string(cluster.endpoint), toml_string(cluster.token_url), toml_string(cluster.client_id),
      secret_name);
  out += fmt::format("{}ca_file = \"{}\"\n", cluster.has_ca ? "" : "# ", ca_name);
  out += "# proxy = \"http://proxy.example:3128\"\n";
  if (cluster.pair) out += "\n[elector]\naccept_dual_publish = true\n";
  out += R"(
[watch]  # Its page: http://127.0.0.1:(port+10) on each node.
# listen = "0.0.0.0:7110"  # For the network, which needs the next three.
# read_token_file = "watch-token"
# certificate_file = "watch.pem"
# key_file = "watch-key.pem"
)";
  return out;
}

// As the package's own file of that name, with the name that it leaves open.
std::string node_environment(const NewNode& node) {
  return fmt::format(
      R"(# What this host's processes of Paceline find in their environment: read by paceline.service and by the units of `pacelinectl topology
# units`. Not a shell script: NAME=VALUE, one a line.

# Which node of topology.toml this host is.
PACELINE_NODE={}

# Lines of JSON in the logs; debug, info, warn or error.
#PACELINE_JSON_LOG=1
#PACELINE_LOG_LEVEL=info
)",
      node.name);
}

std::string readme(const NewCluster& cluster, const NewNode& node) {
  return fmt::format(
      R"(Node {node} of the Paceline cluster {cluster}, as `pacelinectl init` made it. The bundle is an image of folders of
the node's host, {host}. Where Debian's package of Paceline is installed, `tar -C / -xzf {node}.tar.gz` and
`systemctl start paceline` as root are all. Elsewhere, as root, in the folder of the bundle, with the user that
runs Paceline (here: paceline):

    mkdir -p {config} {state}/{node}/log {sockets}
    cp -R .{config}/. {config}
    cp -R .{state}/. {state}
    chown -R paceline: {config} {state} {sockets}
    pacelinectl --topology {config}/topology.toml topology check
    pacelinectl --topology {config}/topology.toml --node {node} keys check
    pacelinectl --topology {config}/topology.toml --node {node} topology supervisor > /etc/supervisor/conf.d/paceline.conf
    supervisorctl update

Then remove the bundle: {state}/keys/{node}.secret in it is this node's private key, and no other host needs it.
Once all nodes run, `pacelinectl check` on each host tells what is amiss, and what to do.
)",
      fmt::arg("node", node.name), fmt::arg("cluster", cluster.name), fmt::arg("host", node.host),
      fmt::arg("config", cluster.config_dir), fmt::arg("state", cluster.state_dir),
      fmt::arg("sockets", cluster.socket_dir));
}

}  // namespace

std::string bundle_topology(const NewCluster& cluster) {
  return head(cluster) + shipped("control = ", "[nodes.a]", cluster) +
         (cluster.pair ? "mode = \"pair\"\n" : "") + nodes(cluster) + "\n" +
         shipped("# The bus: ", "# The outside", cluster) + outside(cluster);
}

std::string example_targets() {
  return R"(# The pacing targets: topology/SETTINGS.md has every option. A spreadsheet's export serves as well: call it
# targets.csv here and in topology.toml.
[options]
optimizationTarget = "ABANDONMENT_RATE"
optimizationGoal = 3  # Percent.

# An example: change group and queue to object ids of the Stat Server, and repeat it for every target.
[[target]]
id = "sales"
channel = "chat"
group = "Sales"
queue = "Sales_VQ"
)";
}

std::vector<BundleFile> bundle_files(const NewCluster& cluster, const NewNode& node,
                                     const BundleInputs& inputs) {
  const std::string folder = cluster.config_dir.substr(1) + "/";
  std::vector<BundleFile> files{{folder + "topology.toml", bundle_topology(cluster), 0644},
                                {folder + "README", readme(cluster, node), 0644},
                                {folder + "node.env", node_environment(node), 0644}};
  if (node.witness) return files;
  files.push_back({folder + cluster.targets_name,
                   inputs.targets.empty() ? example_targets() : inputs.targets, 0644});
  files.push_back({folder + secret_name, inputs.client_secret, 0600});
  if (cluster.has_ca) files.push_back({folder + ca_name, inputs.ca, 0644});
  return files;
}

std::string bundle_keys(const NewCluster& cluster) {
  return cluster.state_dir.substr(1) + "/keys";
}

}  // namespace paceline::pacelinectl
