#include "common/runtime/serve.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "common/runtime/files.h"
#include "common/runtime/log.h"
#include "common/runtime/process_figures.h"
#include "common/runtime/system_clock.h"
#include "common/runtime/system_random.h"
#include "common/runtime/zmq_bus.h"

namespace paceline {
namespace {

constexpr int exit_asked = 0;
constexpr int exit_world = 1;
constexpr int exit_config = 78;  // EX_CONFIG of sysexits.h.

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

// Two processes of one name would take each other's sockets: the second must not start.
void hold_lock(const Topology& topology, const Address& self) {
  const std::string folder = topology.run_dir + "/" + self.node;
  std::filesystem::create_directories(folder);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  const std::string file = fmt::format("{}/{}-{}.lock", folder, self.process, self.index);
  const int fd =
      open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);  // Held until the process ends.
  if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0)
    throw std::system_error{errno, std::generic_category(),
                            file + ": another " + self.text() + " is running?"};
}

Place no_place(const std::string& file, const char* name) {
  return {.topology = {},
          .node = "",
          .process = "",
          .index = 0,
          .settings = Settings::empty(file, name)};
}

Result<void> prepare_place(const Arguments& arguments, const char* name,
                           const std::function<Result<void>(Place&)>& prepare, Place& place) {
  const auto text = TRY(read_file(arguments.topology));
  place = TRY(parse_place(text, arguments.topology, arguments.node, name, arguments.index));
  return prepare(place);
}

// What a reload comes to, for people; the process restarts itself when the files ask for it.
Result<std::string> reread(const Arguments& arguments, const char* name,
                           const ServedProcess& process, const Place& running, Loop& loop) {
  Place next = no_place(arguments.topology, name);
  bool differs = false;
  const auto done = prepare_place(
      arguments, name,
      [&](Place& place) -> Result<void> {
        differs = TRY(process.differs(place));
        return {};
      },
      next);
  if (!done) return tl::unexpected(done.error());
  if (!differs && same_links(running.topology, next.topology, name))
    return std::string{"nothing that matters here has changed"};
  loop.restart();
  return std::string{"begins anew with the files as they are now"};
}

// The effective settings as an event of its own: "pacer.recompute = 250ms" becomes recompute=250ms;
// what is empty is left out.
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
  execv(argv[0], argv);
  std::fprintf(stderr, "%s: cannot begin anew: %s\n", name, std::strerror(errno));
  return exit_world;
}

}  // namespace

int serve_process(const char* name, int argc, char** argv, const ServedProcess& process) {
  Arguments arguments;
  CLI::App app{fmt::format("Paceline's {}; its manual is services/{}/README.md", name, name), name};
  app.add_option("TOPOLOGY", arguments.topology, "the cluster's topology file")->required();
  app.add_option("--node", arguments.node, "the node this process runs on")->required();
  app.add_option("--index", arguments.index, "which of several of its kind (pacer shards)");
  app.add_flag("--check", arguments.check, "read and check everything, then stop");
  app.add_flag("--json-log", arguments.json_log, "log JSON lines");
  app.add_option("--log-level", arguments.log_level, "debug, info, warn or error");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? exit_asked : exit_config;
  }
  const auto level = parse_log_level(arguments.log_level);
  if (!level) return bad_config(name, level.error().detail);
  Place place = no_place(arguments.topology, name);
  if (const auto done = prepare_place(arguments, name, process.prepare, place); !done)
    return bad_config(name, done.error().detail);
  if (arguments.check) {
    std::fputs(place.settings.effective().c_str(), stdout);
    return exit_asked;
  }

  // Memory of a decoded batch is wanted again in the next cycle: keep it rather than give it back.
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  const Address self{place.node, place.process, place.index};
  Metrics metrics;
  BoostLog lines{{.process = self.text(), .least = *level, .json = arguments.json_log}};
  CountedLog log{lines, metrics};
  bool restart = false;
  try {
    hold_lock(place.topology, self);
    Loop loop;
    SystemClock clock;
    SystemRandom random;
    const ProcessFigures figures{metrics, loop};
    ZmqBus bus{place.topology, self, loop, log, metrics};
    World world{.self = self,
                .incarnation = static_cast<std::uint64_t>(clock.wall().time_since_epoch().count()),
                .clock = clock,
                .timers = loop,
                .bus = bus,
                .log = log,
                .random = random,
                .metrics = metrics,
                .reload = {}};
    world.reload = [&] { return loop.reload(); };
    loop.on_reload([&] {
      auto outcome = reread(arguments, name, process, place, loop);
      if (outcome)
        log.info("reload", {{"outcome", *outcome}});
      else
        log.error("reload_refused",
                  {{"why", outcome.error().detail}, {"then", "goes on as before"}});
      return outcome;
    });
    bus.bind_all();
    log.info("started", {{"topology", arguments.topology},
                         {"cluster", place.topology.cluster},
                         {"version", PACELINE_VERSION},
                         {"pid", getpid()}});
    tell_settings(log, place.settings.effective());
    process.body(world, loop);
    restart = loop.restart_asked();
    log.info("stopped", {{"restart", restart}});
  } catch (const std::exception& error) {
    log.error("broken", {{"why", error.what()}});
    return exit_world;
  }
  return restart ? begin_anew(name, argv) : exit_asked;
}

}  // namespace paceline
