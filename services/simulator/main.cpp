// simulator: a contact centre in closed loop, and the outside world of the demo.
//
// Serves the Statistics API of a Stat Server pair and the engagement endpoint. It is no process of
// the bus, and never runs in production.
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "common/ports/token.h"
#include "common/runtime/files.h"
#include "common/runtime/log.h"
#include "common/runtime/loop.h"
#include "common/runtime/system_clock.h"
#include "services/simulator/adapter_engagement.h"
#include "services/simulator/adapter_report.h"
#include "services/simulator/adapter_statserver.h"
#include "services/simulator/headless.h"
#include "services/simulator/options.h"
#include "services/simulator/report.h"
#include "services/simulator/trace.h"
#include "topology/process/process_limits.h"

namespace paceline::simulator {
namespace {

constexpr int exit_bad_configuration = 78;

struct Day {
  Scenario scenario;
  CentreModel model;
};

// The scenario, and the model that it, or a recorded day, makes.
Result<Day> read_day(const SimulatorOptions& options) {
  Day day;
  if (options.scenario == "builtin")
    day.scenario = busy_day();
  else
    day.scenario = TRY(parse_scenario(TRY(read_file(options.scenario)), options.scenario));
  if (options.seed) day.scenario.seed = *options.seed;
  if (options.start) day.scenario.start = *options.start;
  if (options.trace.empty()) {
    day.model = model_of(day.scenario, options.targets);
  } else {
    const Trace trace = TRY(parse_trace(TRY(read_file(options.trace)), options.trace));
    day.model = model_of(TRY(day_of(trace, options.day)), options.targets,
                         day.scenario.groups.front().kind, day.scenario.start);
  }
  return day;
}

void store(const std::string& path, const std::string& content) {
  if (const auto written = write_file_atomically(path, content); !written)
    throw std::runtime_error{written.error().detail};
}

void run(const SimulatorOptions& options, Day day, Log& log) {
  SystemClock clock;
  Loop loop;
  Centre centre{std::move(day.model), day.scenario.seed};
  SimulatedWorld world{
      centre, clock, log, {.time_scale = options.time_scale, .faults = day.scenario.faults}};
  const auto started = clock.wall().time_since_epoch();
  PublicationEndpoint endpoint{
      centre,
      {.epoch = std::to_string(started / 1ms) + "-" + std::to_string(getpid()),
       .invite = options.invitations}};
  const auto stat_server = [&](bool is_primary) -> StatServerAdapter::Options {
    return {.primary = is_primary,
            .address = options.address,
            .port = is_primary ? options.primary_port : options.backup_port,
            .seed = static_cast<std::uint64_t>(started.count()) + (is_primary ? 0 : 1'000'003),
            .authorization = basic_password(day.scenario.endpoint.client_id,
                                            day.scenario.endpoint.client_secret),
            .server = {}};
  };
  StatServerAdapter primary{loop, world, log, stat_server(true)};
  StatServerAdapter backup{loop, world, log, stat_server(false)};
  EngagementAdapter engagement{loop,
                               world,
                               endpoint,
                               log,
                               {.address = options.address,
                                .port = options.engagement_port,
                                .certificates = make_certificates(options.dir, options.address),
                                .settings = day.scenario.endpoint,
                                .log_file = options.dir + "/publications.jsonl"}};
  ReportAdapter control{loop, world, endpoint, options.address, options.control_port};
  const auto save = [&] {
    world.advance();
    store(options.dir + "/report.json", report_of(centre, &endpoint) + "\n");
  };
  loop.every(centre.size() <= 1000 ? 10s : 60s, save);  // So that even after kill -9 there is one.
  if (options.duration > Duration::zero())
    loop.after(from_seconds(to_seconds(options.duration) / options.time_scale),
               [&] { loop.stop(); });
  log.info("simulator_ready", {{"targets", centre.size()},
                               {"statserver_primary", primary.port()},
                               {"statserver_backup", backup.port()},
                               {"engagement", engagement.port()},
                               {"control", control.port()},
                               {"time_scale", options.time_scale},
                               {"ca", options.dir + "/ca.pem"}});
  loop.run();
  save();
  log.info("simulator_stopped",
           {{"events", centre.events()}, {"report", options.dir + "/report.json"}});
}

int start(int argc, char** argv) {
  const auto [options, early_exit] = parse_options(argc, argv);
  if (early_exit) {
    std::fputs(early_exit->text.c_str(), early_exit->code == 0 ? stdout : stderr);
    return early_exit->code;
  }
  const auto level = parse_log_level(options.log_level);
  auto day = read_day(options);
  if (!level || !day) {
    const Error& error = level ? day.error() : level.error();
    std::fprintf(stderr, "simulator: %s\n", error.detail.c_str());
    return exit_bad_configuration;
  }
  if (!options.write_targets.empty()) store(options.write_targets, targets_csv(day->model));
  if (options.check) {
    std::printf("good: %zu targets\n", day->model.targets.size());
    return 0;
  }
  if (options.headless) {
    Centre centre{std::move(day->model), day->scenario.seed};
    const Duration length = options.duration > Duration::zero() ? options.duration : 10h;
    run_headless(centre, day->scenario.faults, length, options.invitations);
    std::puts(report_of(centre, nullptr).c_str());
    return 0;
  }
  std::filesystem::create_directories(options.dir);
  BoostLog log{{.process = "simulator", .least = *level, .json = options.json_log}};
  run(options, *std::move(day), log);
  return 0;
}

}  // namespace
}  // namespace paceline::simulator

int main(int argc, char** argv) {
  paceline::end_with_supervisor();
  try {
    return paceline::simulator::start(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "simulator: %s\n", error.what());
    return 1;
  }
}
