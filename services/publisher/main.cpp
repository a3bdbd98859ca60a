// publisher: tells the engagement endpoint what may be offered, while its elector grants it. Reads
// channels `pace` and `grant`, writes `feedback` and `publication`.
#include "common/runtime/curl_http.h"
#include "services/publisher/adapter_config.h"
#include "services/publisher/service.h"
#include "topology/process/serve.h"

using namespace paceline;
using namespace paceline::publisher;

int main(int argc, char** argv) {
  return serve<PublisherConfig>(
      "publisher", argc, argv, read_publisher_config,
      [](const PublisherConfig& config, World& world, Loop& loop,
         Follower<PublisherConfig>& follower) {
        for (const auto& why : config.exposed) world.log.warn("file_exposed", {{"why", why}});
        CurlHttp http{loop, world.metrics};
        Publisher publisher{config, world, http};
        follower.follow = [&](PublisherConfig next) -> Result<std::optional<std::string>> {
          if (next.client_secret != config.client_secret || next.pems != config.pems)
            return std::nullopt;  // Connections begin anew with them.
          return publisher.take_targets(std::move(next.ids), std::move(next.channels),
                                        std::move(next.shards), std::move(next.targets_version));
        };
        loop.on_stop([&] { publisher.stop([&] { loop.stop(); }); });
        loop.run();
      },
      nullptr, Urgency::urgent);
}
