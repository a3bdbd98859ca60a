#include "services/simulator/options.h"

#include <CLI/CLI.hpp>
#include <charconv>

#include "services/simulator/scenario.h"

namespace paceline::simulator {
namespace {

std::string read_duration(const std::string& text, Duration& into) {
  const auto read = parse_duration(text);
  if (!read) return read.error().detail;
  into = *read;
  return {};
}

std::string read_ports(const std::string& text, int& first, int& second) {
  const auto comma = text.find(',');
  if (comma == std::string::npos) return "--stat-ports = " + text + ": write PRIMARY,BACKUP";
  const auto port = [](std::string_view digits, int& into) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
    return error == std::errc{} && end == digits.data() + digits.size() && into >= 0 &&
           into <= 65535;
  };
  const std::string_view all = text;
  if (!port(all.substr(0, comma), first) || !port(all.substr(comma + 1), second))
    return "--stat-ports = " + text + ": a port is not in [0, 65535]";
  return {};
}

}  // namespace

ParsedOptions parse_options(int argc, const char* const* argv) {
  ParsedOptions parsed;
  SimulatorOptions& options = parsed.options;
  std::string duration;
  std::string start;
  std::string stat_ports;
  bool no_invitations = false;
  std::uint64_t seed = 0;

  CLI::App app{"A simulated contact centre with its Stat Servers and engagement endpoint."};
  app.add_option("SCENARIO", options.scenario, "A scenario file, or builtin")->required();
  app.add_option("--trace", options.trace, "Replay a day of a recorded month (CSV)");
  app.add_option("--day", options.day, "Day of the month; default: the busiest")
      ->check(CLI::Range(0, 31));
  app.add_option("--targets", options.targets, "How many pacing targets")
      ->check(CLI::Range(std::size_t{0}, max_simulated_targets));
  app.add_option("--time-scale", options.time_scale, "The world runs that much faster")
      ->check(CLI::Range(0.001, 1000.0));
  app.add_flag("--no-invitations", no_invitations, "Judge publications, but send no invitation");
  app.add_flag("--headless", options.headless,
               "Run at full speed without servers and print the report; invites one to one");
  app.add_option("--duration", duration, "Stop after that much of the centre's time");
  app.add_option("--start", start, "Time of the day at which to begin, as 10h or 9.5h");
  auto* seed_option = app.add_option("--seed", seed, "Another seed than the scenario's");
  app.add_option("--dir", options.dir, "Folder for certificates, publication log and report");
  app.add_option("--address", options.address, "IPv4 address to listen on");
  app.add_option("--stat-ports", stat_ports, "Ports of both Stat Servers: PRIMARY,BACKUP");
  app.add_option("--engagement-port", options.engagement_port)->check(CLI::Range(0, 65535));
  app.add_option("--control-port", options.control_port)->check(CLI::Range(0, 65535));
  app.add_option("--write-targets", options.write_targets, "Write the targets file (CSV) there");
  app.add_flag("--check", options.check, "Read and check everything, then leave");
  app.add_flag("--json-log", options.json_log);
  app.add_option("--log-level", options.log_level, "debug, info, warn, error");

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    parsed.early_exit = EarlyExit{app.help(), 0};
    return parsed;
  } catch (const CLI::ParseError& error) {
    parsed.early_exit = EarlyExit{std::string{error.what()} + "\n", 78};
    return parsed;
  }
  options.invitations = !no_invitations;
  if (seed_option->count() > 0) options.seed = seed;
  std::string wrong;
  if (!stat_ports.empty())
    wrong = read_ports(stat_ports, options.primary_port, options.backup_port);
  if (wrong.empty() && !duration.empty()) wrong = read_duration(duration, options.duration);
  if (wrong.empty() && !start.empty()) {
    Duration read{};
    wrong = read_duration(start, read);
    if (wrong.empty() && read >= 24h) wrong = "--start = " + start + ": not below 24h";
    options.start = read;
  }
  if (!wrong.empty()) parsed.early_exit = EarlyExit{wrong + "\n", 78};
  return parsed;
}

}  // namespace paceline::simulator
