// What an operator may set about pacing, for the whole service and per target. The names are those
// that users of Genesys Web Engagement's pacing know (service:pacing, 8.1.2).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/base/time_zone.h"

namespace paceline {

enum class Algorithm : std::uint8_t {
  super_progressive,       // Made for 1-30 agents; proactive traffic only.
  super_progressive_dual,  // As above, for proactive and reactive traffic.
  predictive_b,            // Made for 30 agents and more; proactive traffic only.
  predictive_b_dual,
};

enum class OptimizationTarget : std::uint8_t { abandonment_rate, busy_factor, service_level };

struct PacingOptions {
  Algorithm algorithm = Algorithm::super_progressive;
  OptimizationTarget optimization_target = OptimizationTarget::abandonment_rate;
  // [1..99 percent] abandonment no more than; or busy, or the service level, no less than.
  int optimization_goal = 3;
  int proactive_ratio = 50;  // [0..100 percent] of the capacity for proactive traffic; _DUAL only.
  Duration refresh_period = 2s;    // [100ms..60s] how often the algorithm runs.
  bool enabled = true;             // false: the target is paced to zero with reason `disabled`.
  int service_level_seconds = 20;  // [1..3600 s] SERVICE_LEVEL: who is answered within it counts.
  int abandonment_threshold = 0;   // [0..600 s] who leaves sooner does not count as abandoned.
  int max_pending_per_agent = 15;  // [1..100 invitations] outstanding at most for each agent.
  int capacity = 1;                // [1..100 interactions] an agent may hold, where nobody tells.
  int weight = 1;                  // [1..1000] share of new invitations among shared agents.
  TimeZone time_zone{};            // In whose days the goal is kept.
  std::chrono::minutes day_begins{};  // [0..1439] after local midnight: when such a day begins.
  int rolling_days =
      0;  // [0..366 days] in a row, today the last, that keep the goal too; 0 = none.

  bool operator==(const PacingOptions&) const = default;
};

constexpr bool is_dual(Algorithm algorithm) {
  return algorithm == Algorithm::super_progressive_dual ||
         algorithm == Algorithm::predictive_b_dual;
}

/// "SUPER_PROGRESSIVE", ...: the option's words.
std::string_view to_string(Algorithm algorithm);
std::string_view to_string(OptimizationTarget target);

Result<Algorithm> parse_algorithm(std::string_view word);

/// The vendor's misspelling ABANDONEMENT_RATE is understood too.
Result<OptimizationTarget> parse_optimization_target(std::string_view word);

/// One option as files write it.
struct PacingOption {
  enum class Kind : std::uint8_t { word, integer, boolean };

  std::string_view name;  // "optimizationGoal", ...
  Kind kind;              // As TOML writes the value.
  /// errors   bad_value: what is wrong with the text, naming neither option nor text
  Result<void> (*set)(PacingOptions& options, std::string_view text);
  /// As set() understands it.
  std::string (*text)(const PacingOptions& options);
};

/// Every member of PacingOptions, in its order.
std::span<const PacingOption> pacing_options();

}  // namespace paceline
