#include "services/pacelinectl/check_context.h"

namespace paceline::pacelinectl {
namespace {

template <class Config>
std::optional<Config> settings_of(const ClusterFile& cluster, std::string_view process,
                                  Result<Config> (*parse)(Place&)) {
  auto place = parse_place(cluster.text, cluster.topology.file, cluster.node, process, 0);
  if (!place) return std::nullopt;
  auto config = parse(*place);
  if (!config) return std::nullopt;  // check_settings() tells why.
  return *std::move(config);
}

}  // namespace

NodeSettings node_settings(const ClusterFile& cluster) {
  return {.statfeed = settings_of(cluster, "statfeed", statfeed::parse_statfeed_config),
          .publisher = settings_of(cluster, "publisher", publisher::parse_publisher_config),
          .elector = settings_of(cluster, "elector", elector::parse_elector_config),
          .watch = settings_of(cluster, "watch", watch::parse_watch_config)};
}

std::vector<NamedSecret> secret_files(const NodeSettings& settings,
                                      const std::string& topology_file) {
  std::vector<NamedSecret> files;
  const auto add = [&](const std::string& file, std::string what) {
    if (!file.empty()) files.push_back({file, std::move(what)});
  };
  bool is_inline = false;
  if (const auto& statfeed = settings.statfeed) {
    const auto& access = statfeed->access;
    add(access.api_key_file, "the API key of the Stat Servers");
    add(access.bearer_file, "the access token of the Stat Servers");
    add(access.client_secret_file, "the client secret of the Stat Servers");
    add(access.password_file, "the password of the Stat Servers");
    add(statfeed->gms_policy.tenant_password_file, "the password of the tenant");
    is_inline = !(access.api_key + access.bearer + access.client_secret + access.password +
                  statfeed->gms_policy.tenant_password)
                     .empty();
  }
  if (const auto& publisher = settings.publisher)
    add(publisher->client_secret_file, "the client secret");
  if (const auto& watch = settings.watch) {
    add(watch->read_token_file, "the token that lets read");
    add(watch->operate_token_file, "the token that lets operate");
    is_inline = is_inline || !(watch->access.read_token + watch->access.operate_token).empty();
  }
  if (is_inline) add(topology_file, "the topology file with a secret in it");
  return files;
}

}  // namespace paceline::pacelinectl
