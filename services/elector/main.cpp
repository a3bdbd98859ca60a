// elector: decides with its peers which node of the cluster is master. Reads and writes channels
// `heartbeat` and `vote`, writes `grant`, reads `publication`.
#include "services/elector/adapter_config.h"
#include "services/elector/adapter_store.h"
#include "services/elector/adapter_watch_process.h"
#include "services/elector/service.h"
#include "topology/process/serve.h"

using namespace paceline;
using namespace paceline::elector;

int main(int argc, char** argv) {
  return serve<ElectorConfig>(
      "elector", argc, argv, read_elector_config,
      [](const ElectorConfig& config, World& world, Loop& loop) {
        FileStore store{config.state_dir, config.policy.cluster};
        PidWatch processes{loop};
        Elector elector{config, world, store, processes};
        loop.on_stop([&] { elector.stop([&] { loop.stop(); }); });
        loop.run();
      },
      may_follow, Urgency::urgent);
}
