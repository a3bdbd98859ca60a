// statfeed: hears a pair of Stat Servers and says what is true of every target. Writes channel
// `stat`.
#include <memory>
#include <optional>
#include <stdexcept>

#include "common/runtime/curl_http.h"
#include "services/statfeed/adapter_bus.h"
#include "services/statfeed/adapter_config.h"
#include "services/statfeed/adapter_gms.h"
#include "services/statfeed/adapter_record.h"
#include "services/statfeed/adapter_replay.h"
#include "services/statfeed/adapter_statistics.h"
#include "services/statfeed/service.h"
#include "topology/process/serve.h"

using namespace paceline;
using namespace paceline::statfeed;

namespace {

constexpr Duration leave_time = 200ms;

}  // namespace

int main(int argc, char** argv) {
  return serve<StatfeedConfig>(
      "statfeed", argc, argv, read_statfeed_config,
      [](const StatfeedConfig& config, World& world, Loop& loop,
         Follower<StatfeedConfig>& follower) {
        for (const auto& why : config.exposed) world.log.warn("file_exposed", {{"why", why}});
        CurlHttp http{loop, world.metrics};
        Statfeed statfeed{config, world};
        FeedRecorder recorder{statfeed, world};
        if (!config.record_file.empty())
          if (const auto begun = recorder.begin(config.record_file, std::nullopt, true); !begun)
            throw std::runtime_error{begun.error().detail};
        std::optional<ReplayAdapter> replay;
        std::unique_ptr<BusAdapter> fed;
        std::array<std::unique_ptr<Source>, server_count> servers;
        if (!config.replay_file.empty()) {
          replay.emplace(ReplayAdapter::Options{config.replay_file, config.replay_speed}, statfeed,
                         statfeed.targets_index(), world);
          for (int server = 0; server < server_count; ++server) statfeed.attach(server, *replay);
          replay->start();
        }
        if (!config.bus.endpoint.empty()) {
          fed = std::make_unique<BusAdapter>(
              BusAdapter::Options{.policy = config.bus,
                                  .intake = {.senders = config.servers,
                                             .per_second = config.gms_policy.schedule.per_second,
                                             .kinds = config.session.batches.kinds},
                                  .silence = config.failover.silence},
              statfeed, statfeed.targets_index(), world, loop);
          for (int server = 0; server < server_count; ++server)
            if (!config.servers[static_cast<std::size_t>(server)].empty())
              statfeed.attach(server, *fed);
          fed->start();
        }
        for (std::size_t i = 0; i < servers.size() && !replay && !fed; ++i) {
          if (config.servers[i].empty()) continue;
          const int server = static_cast<int>(i);
          if (config.gms)
            servers[i] = std::make_unique<GmsAdapter>(
                GmsAdapter::Options{config.servers[i], config.access, config.gms_policy}, server,
                statfeed, statfeed.targets_index(), statfeed.mapping(), world, http);
          else
            servers[i] = std::make_unique<StatisticsAdapter>(
                StatisticsAdapter::Options{config.servers[i], config.access, config.session},
                server, statfeed, statfeed.targets_index(), statfeed.mapping(), world, http);
          statfeed.attach(static_cast<int>(i), *servers[i]);
          servers[i]->start();
        }
        follower.follow = [&](StatfeedConfig next) -> Result<std::optional<std::string>> {
          const bool same_secrets =
              next.access == config.access &&
              next.gms_policy.tenant_password == config.gms_policy.tenant_password;
          if (!same_secrets) return std::nullopt;  // The sessions begin anew with them.
          auto outcome = statfeed.take_targets(next.targets);
          recorder.targets_changed();
          return outcome;
        };
        loop.on_stop([&] {
          statfeed.stop();
          loop.after(leave_time, [&] { loop.stop(); });
        });
        loop.run();
      });
}
