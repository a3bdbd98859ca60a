// A scenario: which contact centre is simulated, how its endpoint behaves, what goes wrong when.
//
//   Scenario scenario = TRY(parse_scenario(text, "flood.toml"));    // or busy_day()
//   CentreModel model = model_of(scenario, 50);
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.h"
#include "services/simulator/centre_model.h"

namespace paceline::simulator {

inline constexpr std::size_t max_simulated_targets = 1'000'000;

/// Agent groups of one kind.
struct GroupSpec {
  GroupKind kind;
  int targets = 1;            // [1..1'000'000]
  int targets_per_group = 1;  // [1..20] that the same agents serve, each from a queue of its own.
  double size = 1;            // [> 0..1000] times the agents and arrivals of the kind.
  std::string channel = "chat";

  bool operator==(const GroupSpec&) const = default;
};

struct TimedFault {
  Duration at{};                                              // Virtual time since the start.
  std::vector<std::pair<std::string, std::string>> settings;  // For with_fault(); checked.

  bool operator==(const TimedFault&) const = default;
};

struct EndpointSettings {
  std::string client_id = "paceline";
  std::string client_secret = "paceline-secret";
  Duration token_life = 3600s;  // [300s..172800s], of the wall clock.
  int requests_per_minute = 0;  // [0..100'000] more are answered 429; 0 = no limit.

  bool operator==(const EndpointSettings&) const = default;
};

struct Scenario {
  Duration start = 10h;
  std::uint64_t seed = 1;
  std::vector<GroupSpec> groups;
  std::vector<TimedFault> faults;  // Ascending by time.
  EndpointSettings endpoint;

  bool operator==(const Scenario&) const = default;
};

/// The built-in day: four kinds of groups, fitted to a real month (SETTINGS.md, Figures).
Scenario busy_day();

/// TOML as described in SETTINGS.md.
///   errors   bad_value, naming FILE:LINE:COLUMN, key and value
Result<Scenario> parse_scenario(std::string_view text, std::string_view file);

/// The scenario with every group expanded to its targets t00, t01, ...; group-00, queue-00, ...
///
///   targets  [0..1'000'000] 0 = as many as the groups say; else the kinds in the same proportion
///   cost     O(targets)
CentreModel model_of(const Scenario& scenario, std::size_t targets);

/// "t07" of 50 targets, "t0007" of 10,000: `index` in as many digits as the last one needs, at
/// least two.
std::string numbered(std::string_view prefix, std::size_t index, std::size_t count);

/// The targets as a Paceline targets file: CSV id,channel,group,queue.
std::string targets_csv(const CentreModel& model);

}  // namespace paceline::simulator
