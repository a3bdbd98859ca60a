// watch: shows people and monitoring what the cluster does. Reads every channel, writes HTTP;
// decides nothing.
#include <memory>

#include "common/runtime/files.h"
#include "services/watch/adapter_http.h"
#include "services/watch/adapter_store.h"
#include "services/watch/config.h"
#include "services/watch/service.h"
#include "topology/process/serve.h"

using namespace paceline;
using namespace paceline::watch;

namespace {

Result<WatchConfig> load(Place& place) {
  auto config = TRY(parse_watch_config(place));
  const auto text = TRY(read_file(config.targets_file));
  const auto targets = TRY(parse_targets(text, config.targets_file, place.topology.max_targets));
  config.targets = target_names(targets);
  config.targets_version = targets.version();
  return config;
}

}  // namespace

int main(int argc, char** argv) {
  return serve<WatchConfig>(
      "watch", argc, argv, load,
      [](const WatchConfig& config, World& world, Loop& loop, Follower<WatchConfig>& follower) {
        std::unique_ptr<SqliteStore> store;
        if (!config.history_file.empty())
          store = std::make_unique<SqliteStore>(config.history_file);
        Watch watch{config, world, store.get()};
        follower.follow = [&](WatchConfig next) -> Result<std::optional<std::string>> {
          // With the same targets it is another file that the operator means: certificates.
          if (next.targets_version == watch.targets_version()) return std::nullopt;
          return watch.take_targets(std::move(next.targets), std::move(next.targets_version));
        };
        const WatchServer server{config, watch, loop};
        world.log.info("listening", {{"port", server.port()}});
        loop.run();
      });
}
