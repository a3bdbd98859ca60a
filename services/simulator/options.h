// The simulator's command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/result.h"
#include "common/base/time.h"

namespace paceline::simulator {

struct SimulatorOptions {
  std::string scenario = "builtin";  // A file, or "builtin".
  std::string trace;                 // A recorded month; "" = none.
  int day = 0;                       // [0..31] of the trace; 0 = its busiest.
  std::size_t targets = 0;           // [0..1'000'000] 0 = as many as the scenario or trace has.
  double time_scale = 1;             // [0.001..1000]
  bool invitations = true;
  bool headless = false;
  bool check = false;   // Read everything, write the targets if asked, and end.
  Duration duration{};  // Of the centre's time; zero = until told to stop (headless: 10h).
  std::optional<std::uint64_t> seed;
  std::optional<Duration> start;  // Time of the day.
  std::string dir = ".";          // Certificates, publication log, report.
  std::string address = "127.0.0.1";
  int primary_port = 7180;  // [0..65535] 0 = any free one.
  int backup_port = 7181;
  int engagement_port = 7182;
  int control_port = 7183;
  std::string write_targets;  // A file to write the Paceline targets to; "" = none.
  bool json_log = false;
  std::string log_level = "info";
};

/// What to print, and with which exit code to end: --help 0, mistakes 78.
struct EarlyExit {
  std::string text;
  int code = 78;
};

struct ParsedOptions {
  SimulatorOptions options;
  std::optional<EarlyExit> early_exit;  // Set: `options` are of no use.
};
ParsedOptions parse_options(int argc, const char* const* argv);

}  // namespace paceline::simulator
