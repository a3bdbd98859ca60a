// pacer: decides how many invitations each target may have outstanding. Reads channels `stat` and
// `feedback`, writes `pace`.
#include "common/runtime/files.h"
#include "common/runtime/serve.h"
#include "services/pacer/adapter_checkpoint.h"
#include "services/pacer/config.h"
#include "services/pacer/service.h"

namespace {

paceline::Result<paceline::PacerConfig> load(paceline::Place& place) {
  auto config = TRY(paceline::parse_pacer_config(place));
  const auto text = TRY(paceline::read_file(config.targets_file));
  const auto targets =
      TRY(paceline::parse_targets(text, config.targets_file, place.topology.max_targets));
  config.targets = paceline::targets_of_shard(targets, config.index, config.shards);
  config.targets_version = targets.version();
  return config;
}

}  // namespace

int main(int argc, char** argv) {
  return paceline::serve<paceline::PacerConfig>(
      "pacer", argc, argv, load,
      [](const paceline::PacerConfig& config, paceline::World& world, paceline::Loop& loop,
         paceline::Follower<paceline::PacerConfig>& follower) {
        paceline::FileCheckpoint store{config.checkpoint_file};
        paceline::Pacer pacer{config, world, store};
        follower.follow = [&](paceline::PacerConfig next) {
          return pacer.take_targets(std::move(next.targets), std::move(next.targets_version));
        };
        loop.run();
        pacer.save();
      });
}
