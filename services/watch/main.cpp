// watch: shows people and monitoring what the cluster does. Reads every channel, writes HTTP;
// decides nothing.
#include <algorithm>
#include <iterator>

#include "common/runtime/file_modes.h"
#include "common/runtime/files.h"
#include "services/watch/adapter_host.h"
#include "services/watch/adapter_http.h"
#include "services/watch/adapter_store.h"
#include "services/watch/config.h"
#include "services/watch/service.h"
#include "topology/process/load_targets.h"
#include "topology/process/serve.h"

using namespace paceline;
using namespace paceline::watch;

namespace {

std::vector<SecretFile> secret_files(const WatchConfig& config, const std::string& topology_file) {
  const bool has_token = !config.access.read_token.empty() || !config.access.operate_token.empty();
  return {{has_token ? topology_file : "", "the topology file with a bearer token"},
          {config.key_file, "the key of the certificate"},
          {config.history_file, "the history of every target"}};
}

Result<WatchConfig> load(Place& place) {
  auto config = TRY(parse_watch_config(place));
  config.exposed = exposures_of(secret_files(config, place.topology.file));
  if (auto name = name_of_host(); !name.empty()) config.access.hosts.push_back(std::move(name));
  if (!config.certificate_file.empty())
    if (const auto pem = read_file(config.certificate_file, 1u << 20))
      std::ranges::copy(names_of_certificate(*pem), std::back_inserter(config.access.hosts));
  const auto targets = TRY(load_targets(place.topology));
  config.targets = target_names(targets, config.pacers);
  config.agents = targets.agents;
  config.targets_version = targets.version();
  return config;
}

}  // namespace

int main(int argc, char** argv) {
  return serve<WatchConfig>(
      "watch", argc, argv, load,
      [](const WatchConfig& config, World& world, Loop& loop, Follower<WatchConfig>& follower) {
        const auto store = open_history(config.history_file);
        Watch watch{config, world, store ? store->get() : nullptr,
                    store ? "" : store.error().detail};
        follower.follow = [&](WatchConfig next) -> Result<std::optional<std::string>> {
          // With the same targets it is another file that the operator means: certificates.
          if (next.targets_version == watch.targets_version()) return std::nullopt;
          return watch.take_targets(std::move(next.targets), std::move(next.agents),
                                    std::move(next.targets_version));
        };
        const WatchServer server{config, watch, loop};
        world.log.info("listening", {{"port", server.port()}});
        loop.run();
      });
}
