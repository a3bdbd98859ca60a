// elector: decides with its peers which node of the cluster is master. Reads and writes channels
// `heartbeat` and `vote`, writes `grant`, reads `publication`.
#include "common/runtime/serve.h"
#include "services/elector/adapter_place.h"
#include "services/elector/adapter_store.h"
#include "services/elector/adapter_watch_process.h"
#include "services/elector/service.h"

int main(int argc, char** argv) {
  return paceline::serve<paceline::ElectorConfig>(
      "elector", argc, argv, paceline::read_elector_place,
      [](const paceline::ElectorConfig& config, paceline::World& world, paceline::Loop& loop) {
        paceline::FileStore store{config.state_dir};
        paceline::PidWatch processes{loop};
        paceline::Elector elector{config, world, store, processes};
        loop.on_stop([&] { elector.stop([&] { loop.stop(); }); });
        loop.run();
      },
      paceline::may_follow);
}
