#include "topology/topology_reader.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/base/cluster_bounds.h"
#include "common/base/nearest_word.h"
#include "topology/channel_table.h"
#include "topology/names.h"

namespace paceline {
namespace {

// A node's name stands in ZeroMQ topics and in socket paths.
constexpr std::array<std::string_view, 14> root_keys = {
    "cluster",   "run_dir", "targets", "membership",      "max_targets",   "pacers", "time_scale",
    "encrypted", "mode",    "control", "cluster_control", "pacer_control", "nodes",  "channels"};
constexpr std::array<std::string_view, 3> node_keys = {"host", "port", "priority"};
constexpr std::array<std::string_view, 8> channel_keys = {
    "carries", "from", "to", "scope", "endpoint", "period", "stale", "keyframe"};
constexpr std::array<std::string_view, 2> modes = {"quorum", "pair"};
constexpr std::array<std::string_view, 2> scopes = {"node", "cluster"};

bool holds(auto&& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

bool is_host(std::string_view host) {
  in6_addr six{};
  if (host.find(':') != host.npos) return inet_pton(AF_INET6, std::string{host}.c_str(), &six) == 1;
  return !host.empty() && host.size() <= 253 &&
         host.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
             ".-_") == host.npos;
}

/// Paths go into sockets' names and into supervisord's file: no control characters, no quotes.
bool is_path(std::string_view path) {
  return !path.empty() && path.size() <= 1024 && std::ranges::none_of(path, [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '"' || c == '\'' || c == ';' || c == '\x7f';
  });
}

/// A relative path starts at the folder of the topology file.
std::string resolved(std::string_view file, const std::string& path) {
  const auto slash = file.rfind('/');
  if (path.empty() || path.front() == '/' || slash == file.npos) return path;
  return std::string{file.substr(0, slash + 1)} + path;
}

class Reader {
 public:
  Reader(Topology& topology, Findings& findings) : topology_{topology}, findings_{findings} {}

  void read(Settings& root) {
    topology_.file = findings_.file();
    read_cluster(root);
    if (auto nodes = inner(root, "nodes"); nodes && has_any(*nodes, "nodes")) read_nodes(*nodes);
    if (auto channels = inner(root, "channels"); channels && has_any(*channels, "channels"))
      read_channels(*channels);
    for (const std::string_view process : process_names()) inner(root, process);
    std::vector<std::string_view> known{root_keys.begin(), root_keys.end()};
    known.insert(known.end(), process_names().begin(), process_names().end());
    refuse_unknown(root, known);
  }

 private:
  /// The table under `key` if it is one; a mistake if it is something else.
  std::optional<Settings> inner(Settings& parent, std::string_view key) {
    auto table = parent.table(key);
    if (table) return *std::move(table);
    findings_.add(table.error());
    return std::nullopt;
  }

  bool has_any(const Settings& table, std::string_view name) {
    if (!table.keys().empty()) return true;
    findings_.add(1, 1, fmt::format("no table [{}.NAME]", name));
    return false;
  }

  std::string path(Settings& root, std::string_view key) {
    const bool there = root.has(key);
    const std::string value = findings_.take(root.text(key), std::string{});
    if (there && !is_path(value))
      findings_.add(root.error(key,
                               "not a path (1 to 1024 characters, no quotes, no control "
                               "characters)"));
    return resolved(findings_.file(), value);
  }

  void read_cluster(Settings& root) {
    topology_.cluster = findings_.take(root.text("cluster"), std::string{});
    if (root.has("cluster") && !is_name(topology_.cluster))
      findings_.add(root.error("cluster", fmt::format("not a name ({})", name_rule)));
    topology_.run_dir = path(root, "run_dir");
    topology_.targets_file = path(root, "targets");
    if (root.has("membership")) topology_.membership_file = path(root, "membership");
    topology_.max_targets = static_cast<std::size_t>(findings_.take(
        root.integer("max_targets", {.fallback = default_max_targets, .min = 1, .max = 1'000'000}),
        std::int64_t{default_max_targets}));
    topology_.pacers = static_cast<int>(findings_.take(
        root.integer("pacers", {.fallback = 1, .min = 1, .max = 64}), std::int64_t{1}));
    topology_.time_scale =
        findings_.take(root.real("time_scale", {.fallback = 1.0, .min = 1, .max = 1000}), 1.0);
    topology_.encrypted = findings_.take(root.boolean("encrypted", true), true);
    const auto mode = findings_.take(root.word("mode", modes, "quorum"), std::string{"quorum"});
    topology_.mode = mode == "pair" ? ElectionMode::pair : ElectionMode::quorum;
    const std::string control = "ipc://{run}/{node}/{process}-{index}.ctl";
    topology_.control = findings_.take(root.text("control", control), control);
    if (!topology_.control.starts_with("ipc://"))
      findings_.add(root.error("control", "questions stay on the node: write ipc://..."));
    topology_.cluster_control =
        control_for_others(root, "cluster_control", "tcp://{host}:{port+9}");
    topology_.pacer_control =
        control_for_others(root, "pacer_control", "tcp://{host}:{port+11+index}");
  }

  /// Where a process answers other nodes.
  std::string control_for_others(Settings& root, std::string_view key,
                                 const std::string& fallback) {
    std::string pattern = findings_.take(root.text(key, fallback), fallback);
    if (!is_transport(pattern)) findings_.add(root.error(key, transport_rule));
    return pattern;
  }

  void read_nodes(Settings& nodes) {
    for (const Settings::Key& key : nodes.keys()) {
      if (findings_.full()) return;
      if (topology_.nodes.size() == max_nodes)
        return findings_.add(key.where, fmt::format("nodes: more than {}", max_nodes));
      if (auto settings = inner(nodes, key.name))
        topology_.nodes.push_back(read_node(key, *settings));
    }
  }

  Node read_node(const Settings::Key& key, Settings& settings) {
    Node node;
    node.name = key.name;
    node.where = key.where;
    if (!is_name(key.name))
      findings_.add(key.where, fmt::format("nodes.{}: not a name ({})", key.name, name_rule));
    node.host = findings_.take(settings.text("host"), std::string{"127.0.0.1"});
    node.host_where = settings.has("host") ? settings.where("host") : key.where;
    if (node.host.starts_with('[') && node.host.ends_with(']'))
      node.host = node.host.substr(1, node.host.size() - 2);
    if (!is_host(node.host)) {
      findings_.add(settings.error("host", "not a host name or address"));
      node.host.clear();
    }
    node.port = static_cast<int>(
        findings_.take(settings.integer("port", {.min = 1, .max = 65535}), std::int64_t{1}));
    node.priority = static_cast<int>(findings_.take(
        settings.integer("priority", {.fallback = 100, .min = 0, .max = 255}), std::int64_t{100}));
    refuse_unknown(settings, node_keys);
    return node;
  }

  void read_channels(Settings& channels) {
    for (const Settings::Key& key : channels.keys()) {
      if (findings_.full()) return;
      auto settings = inner(channels, key.name);
      if (!settings) continue;
      if (const ChannelRule* rule = channel_rule(key.name)) {
        topology_.channels.push_back(read_channel(key, *settings, *rule));
        continue;
      }
      std::vector<std::string_view> names;
      for (const ChannelRule& rule : channel_rules()) names.push_back(rule.name);
      findings_.add(key.where, fmt::format("channels.{}: unknown channel, not one of {}", key.name,
                                           fmt::join(names, ", ")));
    }
  }

  Channel read_channel(const Settings::Key& key, Settings& settings, const ChannelRule& rule) {
    Channel channel;
    channel.name = key.name;
    channel.scope = rule.scope;
    channel.where = key.where;
    channel.carries = findings_.take(settings.text("carries"), std::string{rule.carries});
    if (channel.carries != rule.carries)
      findings_.add(settings.error("carries", fmt::format("it carries {}", rule.carries)));
    channel.from = findings_.take(settings.text("from"), std::string{rule.from});
    if (channel.from != rule.from)
      findings_.add(settings.error("from", fmt::format("{} writes it", rule.from)));
    read_readers(settings, rule, channel);
    const std::string scope{scopes[static_cast<std::size_t>(rule.scope)]};
    if (findings_.take(settings.word("scope", scopes), scope) != scope)
      findings_.add(settings.error("scope", fmt::format("its scope is {}", scope)));
    read_endpoint(settings, rule, channel);
    read_times(settings, rule, channel);
    refuse_unknown(settings, channel_keys);
    return channel;
  }

  void read_readers(Settings& settings, const ChannelRule& rule, Channel& channel) {
    auto readers = settings.texts("to");
    if (!readers) return findings_.add(readers.error());
    channel.to = *std::move(readers);
    if (channel.to.empty())
      return findings_.add(settings.where("to"),
                           fmt::format("channels.{}.to: nobody reads this channel, {} has to",
                                       rule.name, rule.to[0]));
    for (const std::string& reader : channel.to) {
      if (!rule.reads(reader) || reader.empty())
        findings_.add(settings.where("to"), fmt::format("channels.{}.to: {} does not read this "
                                                        "channel",
                                                        rule.name, reader));
      if (std::ranges::count(channel.to, reader) > 1)
        return findings_.add(settings.where("to"),
                             fmt::format("channels.{}.to: {} stands twice", rule.name, reader));
    }
    if (!holds(channel.to, rule.to[0]))
      findings_.add(settings.where("to"), fmt::format("channels.{}.to: {} is missing, it has to "
                                                      "read this channel",
                                                      rule.name, rule.to[0]));
  }

  void read_endpoint(Settings& settings, const ChannelRule& rule, Channel& channel) {
    const bool local = rule.scope == Scope::node;
    channel.endpoint = findings_.take(settings.text("endpoint"), std::string{});
    if (!settings.has("endpoint")) return;
    if (local && !channel.endpoint.starts_with("ipc://"))
      findings_.add(settings.error("endpoint", "scope node stays on the node: write ipc://..."));
    else if (!is_transport(channel.endpoint))
      findings_.add(settings.error("endpoint", transport_rule));
  }

  void read_times(Settings& settings, const ChannelRule& rule, Channel& channel) {
    channel.period =
        findings_.take(settings.duration("period", {.min = 1ms, .max = 1h}), Duration{1s});
    channel.stale =
        findings_.take(settings.duration("stale", {.min = 1ms, .max = 24h}), Duration{24h});
    if (settings.has("period") && channel.period >= channel.stale)
      findings_.add(settings.error(
          "period", fmt::format("not below the stale bound of {}: every sender would count as gone",
                                format_duration(channel.stale))));
    if (!rule.rows) {
      if (settings.has("keyframe"))
        findings_.add(settings.error("keyframe", "this channel has no rows"));
      return;
    }
    channel.keyframe =
        findings_.take(settings.duration("keyframe", {.min = 1ms, .max = 1h}), Duration{5s});
    if (settings.has("keyframe") && channel.keyframe < channel.period)
      findings_.add(settings.error(
          "keyframe", fmt::format("below the period of {}", format_duration(channel.period))));
  }

  /// The place is the key's, not its value's.
  void refuse_unknown(const Settings& settings, std::span<const std::string_view> known) {
    for (const Settings::Key& key : settings.keys())
      if (!holds(known, key.name))
        findings_.add(
            key.where,
            std::string{
                settings.error(key.name, "unknown key" + did_you_mean(key.name, known)).reason()});
  }

  static bool is_transport(std::string_view endpoint) {
    return endpoint.starts_with("tcp://") || endpoint.starts_with("ipc://");
  }

  static constexpr const char* transport_rule = "write tcp://... or (nodes of one host) ipc://...";

  Topology& topology_;
  Findings& findings_;
};

}  // namespace

ParsedTopology read_topology(std::string_view text, std::string_view file) {
  ParsedTopology parsed{
      .topology = {}, .findings = Findings{file}, .root = Settings::empty(file, "")};
  auto root = Settings::parse(text, file);
  if (!root) {
    parsed.findings.add(root.error());
    parsed.is_toml = false;
    return parsed;
  }
  parsed.root = *root;
  Reader{parsed.topology, parsed.findings}.read(*root);
  return parsed;
}

void scale_pacing_world(Topology& topology) {
  for (Channel& channel : topology.channels) {
    if (const ChannelRule* rule = channel_rule(channel.name); !rule || !rule->scaled) continue;
    for (Duration* time : {&channel.period, &channel.stale, &channel.keyframe})
      *time = from_seconds(to_seconds(*time) / topology.time_scale);
  }
}

}  // namespace paceline
