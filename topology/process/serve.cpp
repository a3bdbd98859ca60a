#include "topology/process/serve.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <malloc.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "common/runtime/files.h"
#include "common/runtime/log.h"
#include "common/runtime/process_metrics.h"
#include "common/runtime/system_clock.h"
#include "common/runtime/system_random.h"
#include "topology/process/process_limits.h"
#include "topology/process/process_lock.h"
#include "topology/process/zmq_bus.h"

namespace paceline {
namespace {

constexpr int exit_asked = 0;
constexpr int exit_world = 1;
constexpr int exit_config = 78;  // EX_CONFIG of sysexits.h.
constexpr Duration trim_period = 1min;
constexpr std::size_t kept_free = 256u << 10;  // [bytes] at the end of the heap.
constexpr int kept_between_cycles = 16 << 20;  // [bytes] likewise.
constexpr int largest_kept = 4 << 20;          // [bytes] block of that.

struct Arguments {
  std::string topology;
  std::string node;
  int index = 0;
  bool check = false;
  bool json_log = false;
  std::string log_level = "info";
};

int bad_config(const char* name, const std::string& why) {
  std::fprintf(stderr, "%s: %s\n", name, why.c_str());
  return exit_config;
}

// Runs the loop until `done`, asked often, until `limit` has passed, or until a signal to stop.
//   returns  whether it was asked to stop
bool wait_in_order(Loop& loop, const std::function<bool()>& done, Duration limit) {
  constexpr Duration step = 50ms;
  bool stopped = false;
  loop.on_stop([&] { stopped = true; });
  const SystemClock clock;
  const Instant until = clock.now() + limit;
  while (!stopped && !done() && clock.now() < until)
    loop.run_once(std::min<Duration>(step, until - clock.now()));
  loop.on_stop(nullptr);
  return stopped;
}

// Two processes of one name would take each other's sockets, and one that ends as soon as it has begun
// would keep a host busy: it waits for the first, and pauses after the second.
//   returns  whether to go on; false: asked to stop meanwhile
bool may_begin(ProcessLock& lock, const Address& self, Loop& loop, Log& log) {
  constexpr Duration longest_wait =
      10s;  // An orderly end takes less than supervisord's stopwaitsecs.
  bool held = lock.try_hold();
  if (!held) {
    log.warn("waits_for_lock", {{"why", "another " + self.text() + " is running"},
                                {"at_most", Duration{longest_wait}}});
    if (wait_in_order(
            loop, [&] { return held = held || lock.try_hold(); }, longest_wait))
      return false;
  }
  if (!held) throw std::runtime_error{"another " + self.text() + " is running, and goes on"};
  const Duration pause = pause_after(lock.quick_ends());
  if (pause == Duration::zero()) return true;
  log.warn("begins_after_a_pause", {{"ended_quickly", lock.quick_ends()}, {"pause", pause}});
  return !wait_in_order(
      loop, [] { return false; }, pause);
}

// A start that lasts for ten seconds was no quick end; a minute, and all is well.
void settle_later(ProcessLock& lock, Loop& loop) {
  loop.after(10s, [&] { lock.settle(lock.quick_ends()); });
  loop.after(60s, [&] { lock.settle(0); });
}

struct LoadedPlace {
  std::string text;  // Of the topology file.
  Place place;
};

Result<LoadedPlace> load_place(const Arguments& arguments, const char* name) {
  std::string text = TRY(read_file(arguments.topology));
  Place place = TRY(parse_place(text, arguments.topology, arguments.node, name, arguments.index));
  return LoadedPlace{std::move(text), std::move(place)};
}

// What a reload comes to, for people; the process restarts itself when the files ask for it.
Result<std::string> reread(const Arguments& arguments, const char* name,
                           const ServedProcess& process, const LoadedPlace& running, Loop& loop) {
  LoadedPlace next = TRY(load_place(arguments, name));
  if (next.text == running.text) {
    Place followed_place = next.place;  // Its own copy: settings count what was read of them.
    auto followed = TRY(process.follow(followed_place));
    if (followed) {
      malloc_trim(0);  // What reading the files took is not wanted again.
      return *std::move(followed);
    }
  }
  const bool differs = TRY(process.differs(next.place));
  if (!differs && same_links(running.place.topology, next.place.topology, name))
    return std::string{"nothing that matters here has changed"};
  loop.restart();
  return std::string{"begins anew with the files as they are now"};
}

// The effective settings as an event of their own: "pacer.recompute = 250ms" becomes
// recompute=250ms; what is empty is left out.
void tell_settings(Log& log, std::string_view effective) {
  std::vector<std::pair<std::string, std::string>> settings;
  while (!effective.empty()) {
    const auto end = std::min(effective.find('\n'), effective.size());
    const std::string_view line = effective.substr(0, end);
    effective.remove_prefix(std::min(end + 1, effective.size()));
    const auto equals = line.find(" = ");
    if (equals == line.npos) continue;
    const std::string_view key = line.substr(0, equals);
    std::string_view value = line.substr(equals + 3);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    if (!value.empty()) settings.emplace_back(key.substr(key.find('.') + 1), value);
  }
  std::vector<LogField> fields;
  fields.reserve(settings.size());
  for (const auto& [key, value] : settings) fields.emplace_back(key, value);
  log.write(LogLevel::info, "settings", fields);
}

// The same process begins again: the supervisor sees no end of it.
int begin_anew(const char* name, char** argv) {
  execvp(argv[0], argv);
  std::fprintf(stderr, "%s: cannot begin anew: %s\n", name, std::strerror(errno));
  return exit_world;
}

/// Fills `arguments`.
///   returns  the exit code to end with at once: help was asked for, or they are wrong
std::optional<int> parse_arguments(const char* name, int argc, char** argv, Arguments& arguments) {
  CLI::App app{fmt::format("Paceline's {}; its manual is services/{}/README.md", name, name), name};
  app.add_option("TOPOLOGY", arguments.topology, "the cluster's topology file")->required();
  app.add_option("--node", arguments.node, "the node this process runs on")->required();
  app.add_option("--index", arguments.index, "which of several of its kind (pacer shards)");
  app.add_flag("--check", arguments.check, "read and check everything, then stop");
  app.add_flag("--json-log", arguments.json_log, "log JSON lines")->envname("PACELINE_JSON_LOG");
  app.add_option("--log-level", arguments.log_level, "debug, info, warn or error")
      ->envname("PACELINE_LOG_LEVEL");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_asked : exit_config;
  }
  return std::nullopt;
}

// The body with its world around it; destroyed in the reverse order.
//   returns  whether to begin anew
bool run_process(const char* name, const Arguments& arguments, const ServedProcess& process,
                 const LoadedPlace& loaded, const Address& self, Log& log, Metrics& metrics) {
  const Topology& topology = loaded.place.topology;
  if (process.urgent) make_urgent(log);
  Loop loop;
  ProcessLock lock{
      fmt::format("{}/{}/{}-{}.lock", topology.run_dir, self.node, self.process, self.index)};
  if (!may_begin(lock, self, loop, log)) return false;
  SystemClock clock;
  SystemRandom random;
  const auto incarnation = lock.begin(clock.wall());
  if (!lock.broken().empty()) log.warn("incarnation_not_kept", {{"why", lock.broken()}});
  settle_later(lock, loop);
  const ProcessMetrics process_metrics{metrics, loop, log};
  ZmqBus bus{topology, self, loop, log, metrics};
  World world{.self = self,
              .incarnation = incarnation,
              .clock = clock,
              .timers = loop,
              .bus = bus,
              .log = log,
              .random = random,
              .metrics = metrics,
              .reload = [&] { return loop.reload(); }};
  loop.on_reload([&] {
    auto outcome = reread(arguments, name, process, loaded, loop);
    if (outcome)
      log.info("reload", {{"outcome", *outcome}});
    else
      log.error("reload_refused", {{"why", outcome.error().detail}, {"then", "goes on as before"}});
    return outcome;
  });
  // Between what stays, free pages lie that the thresholds do not reach.
  loop.every(trim_period, [] { malloc_trim(kept_free); });
  bus.bind_all();
  log.info("started", {{"topology", arguments.topology},
                       {"cluster", topology.cluster},
                       {"version", PACELINE_VERSION},
                       {"pid", getpid()}});
  tell_settings(log, loaded.place.settings.effective());
  process.body(world, loop);
  lock.end_as_asked();
  log.info("stopped", {{"restart", loop.restart_asked()}});
  return loop.restart_asked();
}

}  // namespace

int serve_process(const char* name, int argc, char** argv, const ServedProcess& process) {
  end_with_supervisor();
  raise_open_files();
  Arguments arguments;
  if (const auto code = parse_arguments(name, argc, argv, arguments)) return *code;
  const auto level = parse_log_level(arguments.log_level);
  if (!level) return bad_config(name, level.error().detail);
  auto loaded = load_place(arguments, name);
  if (!loaded) return bad_config(name, loaded.error().detail);
  if (const auto done = process.prepare(loaded->place); !done)
    return bad_config(name, done.error().detail);
  if (arguments.check) {
    if (const auto refused = process.refused_by_check(); !refused.empty())
      return bad_config(name, fmt::format("{}", fmt::join(refused, "; ")));
    std::fputs(loaded->place.settings.effective().c_str(), stdout);
    return exit_asked;
  }

  malloc_trim(0);  // What reading the files took is not wanted again.
  // What one cycle takes is wanted again in the next and kept until trim_period: the first touch of a
  // page costs more than what is written there. Larger blocks, all targets' checkpoint or first answers,
  // go back when they are freed.
  mallopt(M_TRIM_THRESHOLD, kept_between_cycles);
  mallopt(M_MMAP_THRESHOLD, largest_kept);
  const Address self{loaded->place.node, loaded->place.process, loaded->place.index};
  Metrics metrics;
  BoostLog lines{{.process = self.text(), .least = *level, .json = arguments.json_log}};
  CountedLog log{lines, metrics};
  try {
    const bool restart = run_process(name, arguments, process, *loaded, self, log, metrics);
    return restart ? begin_anew(name, argv) : exit_asked;
  } catch (const std::exception& error) {
    log.error("broken", {{"why", error.what()}});
    return exit_world;
  }
}

}  // namespace paceline
