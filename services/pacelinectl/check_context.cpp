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

}  // namespace paceline::pacelinectl
