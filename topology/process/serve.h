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
//   --check   reads and checks everything, prints the effective settings, opens nothing; refuses files with secrets that
//             lie open (Config::exposed_secrets, or all of Config::exposed), which a start only tells
//
// Reload (SIGHUP, or the control question "reload"): the files are read again.
//   - Wrong ones are refused and change nothing; where nothing is new, nothing changes.
//   - Otherwise the process stops as for SIGTERM and begins anew under the same pid.
//   - A body with a fourth argument, Follower<Config>&, is asked first if the topology file has not
//     changed by a letter: it may follow other files in place.
//
// One process of a name runs on a node (process_lock.h). A second one waits ten seconds for the first to
// end, then ends with 1; one whose forerunners ended quickly, several in a row, begins after a pause.
// Run by supervisord, it ends in order when supervisord dies.
//
// Exit codes:
//   0         asked to stop
//   1         the world is broken; the supervisor restarts
//   78        bad configuration or arguments; the supervisor does not restart
//   SIGABRT   a CHECK failed
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/ports/world.h"
#include "common/runtime/loop.h"
#include "topology/topology.h"

namespace paceline {

/// How a running service takes up settings that were read anew; its body sets it.
template <class Config>
struct Follower {
  /// What came of it, for people; nothing: this takes a new beginning.
  ///   errors   refused: it goes on as before
  std::function<Result<std::optional<std::string>>(Config next)> follow;
};

/// Whether a process has deadlines of a fraction of a second, so that it runs before others and stays
/// in RAM (process_limits.h).
enum class Urgency : std::uint8_t { usual, urgent };

/// The part of serve() that does not depend on the type of the settings.
struct ServedProcess {
  // Parses the settings; 78 on error.
  std::function<Result<void>(Place& place)> prepare;
  // Of the settings prepared: why --check refuses them although they can be started with, a sentence each.
  std::function<std::vector<std::string>()> refused_by_check;
  // Whether the settings differ from those prepared; or refuses them.
  std::function<Result<bool>(Place& place)> differs;
  // As Follower.
  std::function<Result<std::optional<std::string>>(Place& place)> follow;
  // Runs, once.
  std::function<void(World& world, Loop& loop)> body;
  bool urgent = false;  // As Urgency.
};
int serve_process(const char* name, int argc, char** argv, const ServedProcess& process);

/// `may_follow` refuses, with the reason, settings that a reload must not bring.
template <class Config, class Body>
int serve(const char* name, int argc, char** argv, Result<Config> (*parse)(Place&), Body body,
          Result<bool> (*may_follow)(const Config& running, const Config& next) = nullptr,
          Urgency urgency = Urgency::usual) {
  Config config;
  Follower<Config> follower;
  ServedProcess process;
  process.urgent = urgency == Urgency::urgent;
  process.prepare = [&](Place& place) -> Result<void> {
    config = TRY(parse(place));
    return {};
  };
  process.refused_by_check = [&]() -> std::vector<std::string> {
    if constexpr (requires { config.exposed_secrets; })
      return config.exposed_secrets;
    else if constexpr (requires { config.exposed; })
      return config.exposed;
    else
      return {};
  };
  process.differs = [&](Place& place) -> Result<bool> {
    const Config next = TRY(parse(place));
    if (may_follow) static_cast<void>(TRY(may_follow(config, next)));
    if constexpr (std::equality_comparable<Config>) return !(next == config);
    return true;
  };
  process.follow = [&](Place& place) -> Result<std::optional<std::string>> {
    Config next = TRY(parse(place));
    if (!follower.follow) return std::nullopt;
    return follower.follow(std::move(next));
  };
  process.body = [&](World& world, Loop& loop) {
    if constexpr (std::invocable<Body, const Config&, World&, Loop&, Follower<Config>&>)
      body(config, world, loop, follower);
    else
      body(config, world, loop);
  };
  return serve_process(name, argc, argv, process);
}

}  // namespace paceline
