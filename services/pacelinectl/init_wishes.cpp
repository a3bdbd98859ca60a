#include "services/pacelinectl/init_wishes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "common/base/url.h"
#include "topology/names.h"

namespace paceline::pacelinectl {
namespace {

constexpr int usual_port = 7100;

using Kind = InitWish::Kind;
constexpr auto table = std::to_array<InitWish>({
    {"cluster", Kind::name, "NAME", "name of the cluster", true, ""},
    {"nodes", Kind::nodes, "NAME=ADDRESS,...",
     "nodes with their addresses, as a=192.0.2.11,b=192.0.2.12; the first is preferred as master",
     true, ""},
    {"witness", Kind::nodes, "NAME=ADDRESS",
     "a host that only votes, as w=192.0.2.21, so that no loss of a single host costs anything",
     false, ""},
    {"statserver", Kind::address, "URL",
     "primary of the Stat Server pair, as https://host/statistics/v3", true, ""},
    {"statserver-backup", Kind::address, "URL", "backup of the Stat Server pair", false, ""},
    {"endpoint", Kind::address, "URL", "where pacing is published, as https://api.host/api/", true,
     ""},
    {"token-url", Kind::address, "URL",
     "where tokens for it are fetched, as https://login.host/oauth/token", true, ""},
    {"client-id", Kind::text, "TEXT", "OAuth2 client that fetches them", true, ""},
    {"client-secret", Kind::file, "FILE", "file whose first line is the client's secret", true, ""},
    {"ca", Kind::file, "FILE", "authorities (PEM) to trust at the endpoint instead of the system's",
     false, ""},
    {"targets", Kind::file, "FILE",
     "targets file, CSV or TOML; without one an example of one target is made", false, ""},
    {"config-dir", Kind::folder, "FOLDER", "where the nodes will have their configuration", false,
     "/etc/paceline"},
    {"state-dir", Kind::folder, "FOLDER", "... keys, terms, history and logs: on a disk", false,
     "/var/lib/paceline"},
    {"socket-dir", Kind::folder, "FOLDER", "... sockets", false, "/run/paceline"},
});

Result<int> port_in(std::string_view digits) {
  int port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || port < 1 || port > 65535)
    return fail(fmt::format("'{}' is no port", digits));
  return port;
}

// ADDRESS, ADDRESS:PORT, [IPv6]:PORT or a bare IPv6.
Result<NewNode> parse_new_node(std::string_view text) {
  const auto equals = text.find('=');
  NewNode node{.name = std::string{text.substr(0, equals)}, .host = {}, .port = usual_port};
  if (equals == text.npos) return fail(fmt::format("'{}' is not NAME=ADDRESS", text));
  if (!is_name(node.name)) return fail(fmt::format("'{}' is no name ({})", node.name, name_rule));
  std::string_view host = text.substr(equals + 1);
  const auto colon = host.rfind(':');
  const bool is_bracketed = host.starts_with('[');
  const bool has_port =
      colon != host.npos && (is_bracketed ? host[colon - 1] == ']' : host.find(':') == colon);
  if (has_port) {
    node.port = TRY(port_in(host.substr(colon + 1)));
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return fail(fmt::format("'{}' has no address", text));
  node.host = host;
  return node;
}

bool is_folder(std::string_view path) {
  return path.size() > 1 && path.starts_with('/') && !path.ends_with('/') &&
         std::ranges::all_of(path, [](char c) { return c > ' ' && c < 0x7f; }) &&
         path.find_first_of("\"\\';{}%$`") == path.npos;
}

}  // namespace

std::span<const InitWish> init_wishes() {
  return table;
}

std::string fault_of(const InitWish& wish, std::string_view answer) {
  if (answer.empty()) return wish.needed ? "it has to be told" : "";
  switch (wish.kind) {
    case Kind::name:
      return is_name(answer) ? "" : fmt::format("not a name: {}", name_rule);
    case Kind::nodes: {
      const auto nodes = parse_new_nodes(answer);
      return nodes ? "" : nodes.error().detail;
    }
    case Kind::address: {
      const auto url = parse_url(answer);
      return url ? "" : url.error().detail;
    }
    case Kind::folder:
      return is_folder(answer) ? "" : "not an absolute path of plain characters, without a last /";
    case Kind::text:
    case Kind::file:
      return "";
  }
  return "";
}

Result<std::vector<NewNode>> parse_new_nodes(std::string_view text) {
  std::vector<NewNode> nodes;
  while (true) {
    const auto end = std::min(text.find(','), text.size());
    std::string_view one = text.substr(0, end);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    nodes.push_back(TRY(parse_new_node(one)));
    for (std::size_t i = 0; i + 1 < nodes.size(); ++i)
      if (nodes[i].name == nodes.back().name)
        return fail(fmt::format("'{}' stands twice", nodes[i].name));
    if (end == text.size()) return nodes;
    text.remove_prefix(end + 1);
  }
}

Result<NewCluster> new_cluster(const std::map<std::string, std::string>& answers, bool pair) {
  const auto told = [&](std::string_view key) {
    const auto found = answers.find(std::string{key});
    const auto wish = std::ranges::find(table, key, &InitWish::key);
    return found != answers.end() && !found->second.empty() ? found->second
                                                            : std::string{wish->fallback};
  };
  NewCluster cluster;
  cluster.name = told("cluster");
  cluster.nodes = TRY(parse_new_nodes(told("nodes")));
  if (const auto witness = told("witness"); !witness.empty()) {
    auto witnesses = TRY(parse_new_nodes(witness));
    if (witnesses.size() > 1) return fail("--witness: more than one; a cluster needs one at most");
    for (const NewNode& node : cluster.nodes)
      if (node.name == witnesses[0].name)
        return fail(fmt::format("--witness: '{}' is one of --nodes", node.name));
    witnesses[0].witness = true;
    cluster.nodes.push_back(std::move(witnesses[0]));
  }
  if (cluster.nodes.size() == 2 && !cluster.nodes[1].witness) {
    if (!pair)
      return fail(
          "two nodes alone cannot outvote each other: name a --witness on a third host, or accept "
          "by --pair that both may publish while the link between them is cut");
    cluster.pair = true;
  } else if (pair) {
    return fail("--pair is for two nodes without a witness");
  }
  cluster.statserver = told("statserver");
  cluster.statserver_backup = told("statserver-backup");
  cluster.endpoint = told("endpoint");
  cluster.token_url = told("token-url");
  cluster.client_id = told("client-id");
  cluster.has_ca = !told("ca").empty();
  cluster.targets_name = "targets.toml";
  cluster.config_dir = told("config-dir");
  cluster.state_dir = told("state-dir");
  cluster.socket_dir = told("socket-dir");
  return cluster;
}

}  // namespace paceline::pacelinectl
