// The skeleton of every process: arguments, settings, log, loop, bus, body, exit code.
//
//   int main(int argc, char** argv) {
//     return paceline::serve<ElectorConfig>("elector", argc, argv, parse_elector_config,
//       [](const ElectorConfig& config, World& world, Loop& loop) {
//         Elector elector{config, world};
//         loop.run();
//       });
//   }
//
// Usage: NAME TOPOLOGY.toml --node NODE [--index N] [--check] [--json-log] [--log-level LEVEL]
//   --check   reads and checks everything, prints the effective settings, opens nothing
// Exit codes: 0 asked to stop, 1 the world is broken (the supervisor restarts), 78 bad
// configuration or arguments (the supervisor does not), SIGABRT a CHECK failed.
#pragma once

#include <functional>

#include "common/base/result.h"
#include "common/ports/world.h"
#include "common/runtime/loop.h"
#include "topology/topology.h"

namespace paceline {

/// The part of serve() that does not depend on the type of the settings. `prepare` parses them (78
/// on error) and `body` runs; both are called at most once.
int serve_process(const char* name, int argc, char** argv,
                  const std::function<Result<void>(Place& place)>& prepare,
                  const std::function<void(World& world, Loop& loop)>& body);

template <class Config, class Body>
int serve(const char* name, int argc, char** argv, Result<Config> (*parse)(Place&), Body body) {
  Config config;
  return serve_process(
      name, argc, argv,
      [&](Place& place) -> Result<void> {
        config = TRY(parse(place));
        return {};
      },
      [&](World& world, Loop& loop) { body(config, world, loop); });
}

}  // namespace paceline
