// pacer: decides how many invitations each target may have outstanding. Reads channels `stat`,
// `feedback` and its own node's `heartbeat`, writes `pace`.
#include "services/pacer/adapter_checkpoint.h"
#include "services/pacer/config.h"
#include "services/pacer/service.h"
#include "topology/process/load_targets.h"
#include "topology/process/serve.h"

using namespace paceline;
using namespace paceline::pacer;

namespace {

Result<PacerConfig> load(Place& place) {
  auto config = TRY(parse_pacer_config(place));
  const auto targets = TRY(load_targets(place.topology));
  config.shard = targets_of_shard(targets, config.index, config.shards);
  config.targets_version = targets.version();
  return config;
}

}  // namespace

int main(int argc, char** argv) {
  return serve<PacerConfig>(
      "pacer", argc, argv, load,
      [](const PacerConfig& config, World& world, Loop& loop, Follower<PacerConfig>& follower) {
        FileCheckpoint store{config.checkpoint_file};
        Pacer pacer{config, world, store};
        follower.follow = [&](PacerConfig next) {
          return pacer.take_targets(std::move(next.shard), std::move(next.targets_version));
        };
        loop.run();
        pacer.save();
      });
}
