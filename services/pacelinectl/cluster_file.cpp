#include "services/pacelinectl/cluster_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/base/hash.h"
#include "common/base/secrets.h"
#include "common/base/url.h"
#include "services/pacelinectl/answers.h"
#include "services/pacelinectl/table.h"
#include "services/watch/config.h"
#include "services/watch/starter.h"
#include "topology/membership.h"
#include "topology/shared_agents.h"

namespace paceline::pacelinectl {
namespace {

constexpr const char* package_socket = "/run/paceline/supervisor.sock";
constexpr const char* package_unit = "/lib/systemd/system/paceline.service";
constexpr const char* group_file = "/etc/supervisor/conf.d/paceline.conf";
constexpr const char* units_target = "/etc/systemd/system/paceline-node.target";
constexpr const char* tls_advice =
    "look at ca_file of [watch], which has to have the authority of its certificate, and at the "
    "names in that";
constexpr const char* url_advice =
    "does a watch run there, and does `listen` of [watch] open it to other hosts?";
constexpr const char* url_tls_advice =
    "look at --ca-file, which has to have the authority of its certificate, and at the names in "
    "that";
constexpr std::string_view status_path = "/api/v1/status";

std::string socket_path(const Topology& topology, const Node& node) {
  const auto filled = endpoint(topology, topology.control, node, "elector", 0);
  return filled && filled->starts_with("ipc://") ? filled->substr(6) : std::string{};
}

// What this host's processes are started with, by the units too: node.env beside the topology. "" = nothing.
std::string node_of_this_host(const std::string& topology_file, Environment& environment) {
  const auto text = environment.read(folder_above(topology_file) + "/node.env");
  if (!text) return "";
  std::string name;
  constexpr std::string_view key = "PACELINE_NODE=";
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t end = std::min(text->find('\n', at), text->size());
    const std::string_view line = std::string_view{*text}.substr(at, end - at);
    if (line.starts_with(key)) name = line.substr(key.size());  // The last one counts.
    at = end + 1;
  }
  std::erase_if(name, [](char c) { return c == '"' || c == '\'' || c == '\r' || c == ' '; });
  return name;
}

// Of several clusters, whose files may lie in one folder, it is the node of one.
std::string our_node(const Topology& topology, bool is_one_of_several, Environment& environment) {
  if (auto name = node_of_this_host(topology.file, environment);
      !name.empty() && (!is_one_of_several || topology.node(name)))
    return name;
  for (const Node& node : topology.nodes)
    if (!node.witness() && environment.exists(socket_path(topology, node))) return node.name;
  for (const Node& node : topology.nodes)
    if (!node.witness()) return node.name;
  return topology.nodes.front().name;
}

Result<Bytes> ask_first_of(const std::vector<const Node*>& nodes, const ClusterFile& cluster,
                           const std::string& process, int index, const ControlRequest& request,
                           Environment& environment) {
  std::vector<std::string> tried;
  for (const Node* node : nodes) {
    const auto processes = cluster.topology.processes(*node);
    const auto runs = std::ranges::find(processes, process, &std::pair<std::string, int>::first);
    if (runs == processes.end() || index >= runs->second) continue;
    auto answer = environment.ask(cluster.topology, {node->name, process, index}, request);
    if (answer || answer.error().code != Errc::unavailable) return answer;
    tried.push_back(
        endpoint(cluster.topology, cluster.topology.control, *node, process, index).value_or(""));
  }
  if (tried.empty())
    return fail(Errc::not_found,
                fmt::format("node {} runs no {} {}", cluster.node, process, index));
  return fail(Errc::unavailable,
              fmt::format("no {} answers at {}: is the group running? try {}", process,
                          fmt::join(tried, ", "), status_of_starter(environment)));
}

/// The watch that --url names. Its address may have a path, as behind a proxy.
Result<WatchEndpoint> watch_of_url(const Request& request, Environment& environment) {
  std::string url = request.url;
  const auto parsed = parse_url(url);
  if (!parsed)
    return fail(Errc::not_found, fmt::format("--url {}: {}", url, parsed.error().detail));
  if (url.find_first_of("?#") != url.npos)
    return fail(Errc::not_found, fmt::format("--url {}: paths are appended to it", url));
  while (url.ends_with('/')) url.pop_back();
  const auto token = secret_of(request.token, request.token_file, environment);
  if (!token) return fail(Errc::not_found, token.error().detail);
  if (!token->empty() && !may_carry_secrets(*parsed))
    return fail(Errc::not_found,
                fmt::format("--url {}: a token is sent there: must be https://", url));
  return WatchEndpoint{
      .node = "", .url = url, .token = *token, .token_file = "", .ca_file = request.ca_file};
}

// The right to the control sockets is enough to see how the cluster does.
Result<HttpAnswer> status_by_socket(const ClusterFile& cluster, std::string_view path,
                                    Environment& environment) {
  if (path != status_path) return fail(Errc::unsupported, "watch answers that over HTTP alone");
  const Bytes body =
      TRY(ask_process(cluster, "watch", 0, request_of(Question::cluster), environment));
  HttpAnswer answer;
  answer.status = 200;
  answer.body = std::string{reinterpret_cast<const char*>(body.data()), body.size()};
  return answer;
}

}  // namespace

std::string folder_above(const std::string& file) {
  const auto slash = file.rfind('/');
  return slash == file.npos ? "." : file.substr(0, slash);
}

Result<std::string> secret_of(const std::string& text, const std::string& file,
                              Environment& environment) {
  if (file.empty()) return text;
  const std::string content = TRY(environment.read(file));
  if (content.size() > max_secret_bytes) return fail(file + ": over 4 KiB, which is no secret");
  auto secret = secret_in(content);
  if (!secret) return fail(file + ": no secret in it: " + secret.error().detail);
  return secret;
}

const std::string& topology_name(const Request& request) {
  return request.arguments.empty() ? request.topology : request.arguments[0];
}

tl::expected<TopologyFile, Outcome> open_topology(const Request& request,
                                                  Environment& environment) {
  const std::string& file = topology_name(request);
  auto text = environment.read(file);
  if (!text) return tl::unexpected{failed(exit_usage, text.error().detail)};
  auto topology = parse_topology(*text, environment.absolute(file));
  if (!topology) return tl::unexpected{failed(exit_mistakes, topology.error().detail)};
  return TopologyFile{file, *std::move(text), *std::move(topology)};
}

Result<ClusterFile> load_cluster(const Request& request, Environment& environment) {
  if (!request.url.empty()) {
    ClusterFile cluster;
    cluster.remote = TRY(watch_of_url(request, environment));
    return cluster;
  }
  auto text = environment.read(request.topology);
  if (!text)
    return fail(Errc::not_found,
                fmt::format("{}; name the topology with --topology FILE or PACELINE_TOPOLOGY",
                            text.error().detail));
  ClusterFile cluster;
  cluster.topology = TRY(parse_topology(*text, environment.absolute(request.topology)));
  cluster.text = *std::move(text);
  cluster.node = request.node;
  const bool is_of_another = request.is_one_of_several && !cluster.topology.node(cluster.node);
  if (cluster.node.empty() || is_of_another)
    cluster.node = our_node(cluster.topology, request.is_one_of_several, environment);
  if (!cluster.topology.node(cluster.node)) {
    std::vector<std::string_view> names;
    for (const Node& node : cluster.topology.nodes) names.push_back(node.name);
    return fail(Errc::not_found, fmt::format("{}: no node '{}', there are {}", request.topology,
                                             cluster.node, fmt::join(names, ", ")));
  }
  return cluster;
}

std::vector<WatchEndpoint> watch_endpoints(const ClusterFile& cluster) {
  if (cluster.remote) return {*cluster.remote};
  std::vector<WatchEndpoint> places;
  for (const Node& node : cluster.topology.nodes) {
    auto place = parse_place(cluster.text, cluster.topology.file, node.name, "watch", 0);
    if (!place) continue;  // A witness.
    const auto config = watch::parse_watch_config(*place);
    if (!config) continue;  // Then that watch does not run either; its own log says why.
    const bool here = node.host == cluster.self().host;
    std::string host = config->listen_address;
    if (is_this_host(host) && !here) continue;
    const bool secure = !config->certificate_file.empty();
    // A certificate is for a name or an address of the node, hardly for 127.0.0.1.
    if (host == "0.0.0.0" || host == "::") host = here && !secure ? "127.0.0.1" : node.host;
    if (host.find(':') != host.npos && !host.starts_with('[')) host = '[' + host + ']';
    WatchEndpoint watch{
        .node = node.name,
        .url = fmt::format("{}://{}:{}", secure ? "https" : "http", host, config->listen_port),
        .token = config->access.read_token,
        .token_file = config->read_token_file,
        .ca_file = config->ca_file.empty() ? config->certificate_file : config->ca_file};
    places.insert(node.name == cluster.node ? places.begin() : places.end(), std::move(watch));
  }
  return places;
}

std::vector<const Node*> local_nodes(const ClusterFile& cluster) {
  std::vector<const Node*> nodes = {&cluster.self()};
  for (const Node& node : cluster.topology.nodes)
    if (node.name != cluster.node && node.host == cluster.self().host) nodes.push_back(&node);
  return nodes;
}

Result<HttpRequest> watch_request(const WatchEndpoint& watch, const std::string& path,
                                  Environment& environment) {
  HttpRequest request{.url = watch.url + path, .headers = {}, .body = {}, .ca_file = watch.ca_file};
  const std::string token = TRY(secret_of(watch.token, watch.token_file, environment));
  if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
  return request;
}

Result<HttpAnswer> ask_watch(const ClusterFile& cluster, const std::string& path,
                             Environment& environment) {
  std::vector<std::string> tried;
  std::string remedy = cluster.remote
                           ? std::string{url_advice}
                           : "is the group running? try " + status_of_starter(environment);
  const auto places = watch_endpoints(cluster);
  if (places.empty())
    return fail(
        Errc::unavailable,
        "no watch can be reached from here: each listens on its own host alone, so ask there");
  for (const WatchEndpoint& watch : places) {
    auto request = watch_request(watch, path, environment);
    if (!request) {
      if (cluster.remote) return tl::unexpected{std::move(request).error()};
      if (auto status = status_by_socket(cluster, path, environment)) return *std::move(status);
      tried.push_back(fmt::format("{} ({})", watch.url, request.error().detail));
      continue;
    }
    const std::string prefix = request->url + ": ";  // Of what the port says.
    auto reply = environment.fetch(*std::move(request));
    if (!reply) {
      const Error& error = reply.error();
      const bool is_of_port = error.detail.starts_with(prefix);
      if (error.code == Errc::refused && is_of_port)
        remedy = cluster.remote ? url_tls_advice : tls_advice;
      tried.push_back(fmt::format("{} ({})", watch.url,
                                  is_of_port ? error.detail.substr(prefix.size()) : error.detail));
      continue;
    }
    if (reply->status != 200)
      return fail(Errc::refused,
                  fmt::format("{}: {} {}{}", watch.url, reply->status,
                              printable(problem_detail(reply->body)),
                              cluster.remote && reply->status == 401
                                  ? "; its read token: --token-file or PACELINE_TOKEN"
                                  : ""));
    return *std::move(reply);
  }
  return fail(Errc::unavailable,
              fmt::format("no watch answers at {}: {}", fmt::join(tried, ", "), remedy));
}

Result<Bytes> ask_process(const ClusterFile& cluster, const std::string& process, int index,
                          const ControlRequest& request, Environment& environment) {
  return ask_first_of(local_nodes(cluster), cluster, process, index, request, environment);
}

Result<Bytes> ask_own_process(const ClusterFile& cluster, const std::string& process, int index,
                              const ControlRequest& request, Environment& environment) {
  return ask_first_of({&cluster.self()}, cluster, process, index, request, environment);
}

Result<void> add_own_membership(Targets& targets, const Topology& topology,
                                Environment& environment) {
  if (topology.membership_file.empty()) return {};
  const auto membership = environment.read(topology.membership_file);
  if (!membership) return tl::unexpected(membership.error());
  return add_membership(targets, *membership, topology.membership_file);
}

Result<Targets> load_targets(const ClusterFile& cluster, Environment& environment) {
  const Topology& topology = cluster.topology;
  const auto text = TRY(environment.read(topology.targets_file));
  Targets targets = TRY(parse_targets(text, topology.targets_file, topology.max_targets));
  if (const auto added = add_own_membership(targets, topology, environment); !added)
    return tl::unexpected(added.error());
  return targets;
}

int pacer_of(const ClusterFile& cluster, const std::string& target, Environment& environment) {
  if (const auto targets = load_targets(cluster, environment)) {
    const auto shards = shards_of(*targets, cluster.topology.pacers);
    for (std::size_t i = 0; i < shards.size(); ++i)
      if (targets->all[i].id == target) return shards[i];
  }
  return shard_of(target, cluster.topology.pacers);
}

std::string status_of_starter(Environment& environment) {
  watch::Starter starter;
  if (environment.exists(package_socket))
    starter.socket = std::string{"unix://"} + package_socket;
  else if (environment.exists(units_target))
    starter.kind = watch::Starter::Kind::systemd;
  else if (environment.exists(package_unit) && !environment.exists(group_file))
    return "systemctl status paceline";  // It would make that socket.
  return watch::status_command(starter);
}

int exit_of(const Error& error) {
  switch (error.code) {
    case Errc::unavailable:
    case Errc::refused:
    case Errc::unsupported:
      return exit_not_answered;
    case Errc::not_found:
    case Errc::too_large:
      return exit_usage;
    case Errc::bad_value:
      return exit_mistakes;
  }
  return exit_not_answered;
}

}  // namespace paceline::pacelinectl
