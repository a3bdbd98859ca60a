// watch: shows people and monitoring what the cluster does. Reads every channel, writes HTTP;
// decides nothing.
#include <optional>

#include "common/runtime/curl_http.h"
#include "services/watch/adapter_config.h"
#include "services/watch/adapter_http.h"
#include "services/watch/adapter_store.h"
#include "services/watch/service.h"
#include "services/watch/service_cells.h"
#include "topology/process/serve.h"

using namespace paceline;
using namespace paceline::watch;

int main(int argc, char** argv) {
  return serve<WatchConfig>(
      "watch", argc, argv, read_watch_config,
      [](const WatchConfig& config, World& world, Loop& loop, Follower<WatchConfig>& follower) {
        const auto store = open_history(config.history_file);
        Watch watch{config, world, store ? store->get() : nullptr,
                    store ? "" : store.error().detail};
        follower.follow = [&](WatchConfig next) -> Result<std::optional<std::string>> {
          // With the same targets it is another file that the operator means.
          const bool same_files = next.access.read_token == config.access.read_token &&
                                  next.access.operate_token == config.access.operate_token &&
                                  next.cells_token == config.cells_token &&
                                  next.cells_pems == config.cells_pems && next.pems == config.pems;
          if (next.targets_version == watch.targets_version() || !same_files) return std::nullopt;
          return watch.take_targets(std::move(next.targets), std::move(next.agents),
                                    std::move(next.targets_version));
        };
        std::optional<CurlHttp> http;  // For who has other cells beside it.
        std::optional<CellAsker> asker;
        if (!config.cells.empty()) {
          http.emplace(loop, world.metrics);
          asker.emplace(config, world, *http, watch.cells());
        }
        const WatchServer server{config, watch, loop};
        world.log.info("listening", {{"port", server.port()}});
        loop.run();
      });
}
