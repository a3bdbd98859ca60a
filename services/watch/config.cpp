#include "services/watch/config.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "common/base/ascii.h"
#include "common/base/secrets.h"
#include "common/base/url.h"
#include "topology/shared_agents.h"

namespace paceline::watch {
namespace {

constexpr std::size_t most_allowed_hosts = 100;
constexpr int port_offset = 10;  // Of watch's port from the node's first one.

struct Listen {
  std::string address;
  int port = 0;
};

Result<Listen> parse_listen(const Settings& settings, const std::string& text) {
  const auto colon = text.rfind(':');
  Listen listen;
  listen.address = text.substr(0, colon);
  const bool in_brackets = listen.address.starts_with('[') && listen.address.ends_with(']');
  if (in_brackets) listen.address = listen.address.substr(1, listen.address.size() - 2);
  const std::string_view digits =
      colon == std::string::npos ? std::string_view{} : std::string_view{text}.substr(colon + 1);
  const auto [end, code] =
      std::from_chars(digits.data(), digits.data() + digits.size(), listen.port);
  if (listen.address.empty() || digits.empty() || code != std::errc{} ||
      end != digits.data() + digits.size() || listen.port < 0 || listen.port > 65535)
    return tl::unexpected{settings.error("listen", fmt::format("'{}' is not ADDRESS:PORT", text))};
  in6_addr address{};
  if (inet_pton(in_brackets ? AF_INET6 : AF_INET, listen.address.c_str(), &address) != 1)
    return tl::unexpected{settings.error(
        "listen",
        fmt::format("'{}' is no address that can be listened on: 127.0.0.1, [::1], ... but "
                    "no name",
                    text.substr(0, colon)))};
  return listen;
}

// Names of hosts, in lower case: what a browser may put before the port in its address bar.
Result<std::vector<std::string>> parse_allowed_hosts(Settings& settings) {
  std::vector<std::string> hosts;
  const auto texts = TRY(settings.texts("allowed_hosts"));
  for (const auto& text : texts) {
    const auto name = text.starts_with("*.") ? text.substr(2) : text;
    const bool is_name = !name.empty() && std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '.' || c == '_';
    });
    if (!is_name || hosts.size() >= most_allowed_hosts)
      return tl::unexpected{settings.error(
          "allowed_hosts",
          is_name ? fmt::format("more than {}", most_allowed_hosts)
                  : fmt::format("'{}' is not the name of a host (without port), or *. and a name",
                                text))};
    hosts.push_back(ascii_lower(text));
  }
  return hosts;
}

// Every process that sends on a channel with rows which we hear, by the topology.
std::vector<ChannelSender> senders_of(const Topology& topology, const Node& self) {
  std::vector<ChannelSender> senders;
  const auto add = [&](const Channel& channel, const Node& node) {
    const auto address = [&](int index) {
      return fmt::format("{}/{}/{}", node.name, channel.from, index);
    };
    for (const auto& [process, count] : topology.processes(node)) {
      if (process != channel.from) continue;
      // statfeed alone sends the streams of all shards.
      const bool sharded = channel.name == "stat" || channel.name == "pace";
      const int streams = sharded ? topology.pacers : 1;
      for (int shard = 0; shard < streams; ++shard)
        senders.push_back({.channel = channel.name,
                           .sender = address(count > 1 ? shard : 0),
                           .node = node.name,
                           .shard = sharded ? shard : -1,
                           .stale = channel.stale});
    }
  };
  for (const auto* name : {"stat", "pace", "feedback"}) {
    const auto* channel = topology.channel(name);
    if (!channel) continue;
    for (const auto& node : topology.nodes)
      if (channel->scope == Scope::cluster || node.name == self.name) add(*channel, node);
  }
  return senders;
}

Duration stale_of(const Topology& topology, std::string_view name, Duration fallback) {
  const auto* channel = topology.channel(name);
  return channel ? channel->stale : fallback;
}

// What lets the network in needs a token and TLS; tokens differ, and PEM files come in pairs.
Result<void> check_open(const Settings& settings, const WatchConfig& config) {
  if (config.certificate_file.empty() != config.key_file.empty())
    return tl::unexpected{settings.error("certificate_file", "goes together with key_file only")};
  if (!config.access.operate_token.empty() &&
      config.access.operate_token == config.access.read_token)
    return tl::unexpected{
        settings.error("operate_token", "is the read_token too: let them differ")};
  if (!is_this_host(config.listen_address) &&
      ((config.access.read_token.empty() && config.read_token_file.empty()) ||
       config.certificate_file.empty()))
    return tl::unexpected{settings.error(
        "listen", fmt::format("{} is open to the network: that needs read_token_file, "
                              "certificate_file and key_file",
                              config.listen_address))};
  return {};
}

// Where others hear each node's heartbeats, if that is over tcp.
std::map<std::string, std::string> heartbeats_of(const Topology& topology) {
  constexpr std::string_view tcp = "tcp://";
  std::map<std::string, std::string> places;
  const auto* channel = topology.channel("heartbeat");
  if (!channel) return places;
  for (const auto& node : topology.nodes)
    if (const auto place = endpoint(topology, channel->endpoint, node, channel->from, 0);
        place && place->starts_with(tcp))
      places[node.name] = place->substr(tcp.size());
  return places;
}

void take_topology(WatchConfig& config, const Topology& topology, const Node& self) {
  config.node = self.name;
  config.time_scale = topology.time_scale;
  config.pacers = topology.pacers;
  config.most_rows = topology.max_targets;
  config.processes = topology.processes(self);
  config.targets_file = topology.targets_file;
  config.stat_stale = stale_of(topology, "stat", config.stat_stale);
  config.pace_stale = stale_of(topology, "pace", config.pace_stale);
  config.feedback_stale = stale_of(topology, "feedback", config.feedback_stale);
  config.cluster = {.cluster = topology.cluster,
                    .self = self.name,
                    .nodes = {},
                    .senders = senders_of(topology, self),
                    .heartbeat_stale = stale_of(topology, "heartbeat", 2s),
                    .publication_stale = stale_of(topology, "publication", 2s)};
  config.heartbeats = heartbeats_of(topology);
  config.quorum = topology.mode == ElectionMode::quorum ? topology.nodes.size() / 2 + 1 : 0;
  for (const auto& node : topology.nodes)
    config.cluster.nodes.push_back(
        {.name = node.name, .witness = node.witness(), .priority = node.priority});
}

// Of each target the agents that it shares, and those of its own beside them.
std::vector<std::vector<AgentPart>> parts_of(std::size_t targets,
                                             const std::vector<SharedAgents>& shared) {
  std::vector<double> agents(targets, 0);
  for (const SharedAgents& set : shared)
    for (const auto target : set.targets) agents[target] += set.agents;
  std::vector<std::vector<AgentPart>> parts(targets);
  for (std::uint32_t number = 0; number < shared.size(); ++number)
    for (const auto target : shared[number].targets)
      parts[target].push_back({.set = number, .share = shared[number].agents / agents[target]});
  return parts;
}

}  // namespace

Result<WatchConfig> parse_watch_config(Place& place) {
  auto& settings = place.settings;
  const auto& topology = place.topology;
  const Node& self = place.self();
  WatchConfig config;

  const auto listen = TRY(parse_listen(
      settings,
      TRY(settings.text("listen", fmt::format("127.0.0.1:{}", self.port + port_offset)))));
  config.listen_address = listen.address;
  config.listen_port = listen.port;
  config.certificate_file = TRY(settings.file("certificate_file", ""));
  config.key_file = TRY(settings.file("key_file", ""));
  config.ca_file = TRY(settings.file("ca_file", ""));
  SecretSetting read_token = TRY(secret_setting(settings, "read_token"));
  SecretSetting operate_token = TRY(secret_setting(settings, "operate_token"));
  config.access.read_token = std::move(read_token.text);
  config.access.operate_token = std::move(operate_token.text);
  config.read_token_file = std::move(read_token.file);
  config.operate_token_file = std::move(operate_token.file);
  config.access.hosts = TRY(parse_allowed_hosts(settings));
  config.access.hosts.push_back(ascii_lower(self.host));  // As other nodes know it.
  config.access.requests_per_second =
      TRY(settings.real("requests_per_second", {.fallback = 50, .min = 1, .max = 100'000}));
  config.stream_period =
      TRY(settings.duration("stream_period", {.fallback = 1s, .min = 100ms, .max = 60s}));
  config.history_period =
      TRY(settings.duration("history_period", {.fallback = 10s, .min = 1s, .max = 60s}));
  const std::string in_run_dir = fmt::format("{}/{}/history.db", topology.run_dir, self.name);
  const bool is_given = settings.has("history_file");
  config.history_file = TRY(settings.file("history_file", in_run_dir));
  if (!is_given) config.history_file = in_run_dir;  // Which starts where the topology says.
  config.history_bytes = static_cast<std::uint64_t>(
      TRY(settings.integer("history_mb", {.fallback = 1024, .min = 16, .max = 1'000'000})) << 20);
  config.compliance_days = static_cast<int>(
      TRY(settings.integer("compliance_days", {.fallback = 400, .min = 7, .max = 4000})));
  config.events = static_cast<std::size_t>(
      TRY(settings.integer("events", {.fallback = 1000, .min = 10, .max = 100'000})));
  config.max_streams = static_cast<std::size_t>(
      TRY(settings.integer("max_streams", {.fallback = 32, .min = 0, .max = 200})));

  config.target_series = static_cast<std::size_t>(
      TRY(settings.integer("target_series", {.fallback = 0, .min = 0, .max = 10'000})));

  config.cells_ca_file = TRY(settings.file("cells_ca_file", ""));
  SecretSetting cells_token = TRY(secret_setting(settings, "cells_token"));
  config.cells = TRY(parse_cells(settings, !cells_token.text.empty() || !cells_token.file.empty()));
  config.cells_token = std::move(cells_token.text);
  config.cells_token_file = std::move(cells_token.file);

  if (auto open = check_open(settings, config); !open)
    return tl::unexpected{std::move(open).error()};
  take_topology(config, topology, self);
  return settings.finish(std::move(config));
}

std::vector<TargetName> target_names(const Targets& targets, int pacers) {
  const auto shards = shards_of(targets, pacers);
  const auto heads = pool_heads(targets);
  const auto shared = shared_agents(targets);
  const auto counted = counted_once(heads.size(), shared);
  auto parts = parts_of(heads.size(), shared);
  std::vector<int> sizes(heads.size(), 0);
  for (const auto head : heads) ++sizes[head];
  std::vector<TargetName> names;
  names.reserve(targets.all.size());
  for (std::size_t i = 0; i < heads.size(); ++i) {
    const Target& target = targets.all[i];
    const bool shares = sizes[heads[i]] > 1;
    names.push_back({.id = target.id,
                     .media_channel = target.media_channel,
                     .group = target.group,
                     .queue = target.queue,
                     .pool = target.pool,
                     .options = target.options,
                     .shard = shards[i],
                     .pool_head = shares ? targets.all[heads[i]].id : "",
                     .pool_targets = sizes[heads[i]],
                     .counted = counted[i],
                     .parts = std::move(parts[i])});
  }
  return names;
}

}  // namespace paceline::watch
