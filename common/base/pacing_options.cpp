#include "common/base/pacing_options.h"

#include <array>

namespace paceline {
namespace {

constexpr std::array<std::string_view, 4> algorithms = {
    "SUPER_PROGRESSIVE", "SUPER_PROGRESSIVE_DUAL", "PREDICTIVE_B", "PREDICTIVE_B_DUAL"};
constexpr std::array<std::string_view, 3> optimization_targets = {"ABANDONMENT_RATE", "BUSY_FACTOR",
                                                                  "ABANDONEMENT_RATE"};

}  // namespace

std::string_view to_string(Algorithm algorithm) {
  return algorithms[static_cast<std::size_t>(algorithm)];
}

std::string_view to_string(OptimizationTarget target) {
  return optimization_targets[static_cast<std::size_t>(target)];
}

Result<Algorithm> parse_algorithm(std::string_view word) {
  for (std::size_t i = 0; i < algorithms.size(); ++i)
    if (algorithms[i] == word) return static_cast<Algorithm>(i);
  return fail(
      "algorithm = " + std::string{word} +
      ": not one of SUPER_PROGRESSIVE, SUPER_PROGRESSIVE_DUAL, PREDICTIVE_B, PREDICTIVE_B_DUAL");
}

Result<OptimizationTarget> parse_optimization_target(std::string_view word) {
  if (word == optimization_targets[0] || word == optimization_targets[2])
    return OptimizationTarget::abandonment_rate;
  if (word == optimization_targets[1]) return OptimizationTarget::busy_factor;
  return fail("optimizationTarget = " + std::string{word} +
              ": not one of ABANDONMENT_RATE, BUSY_FACTOR");
}

Result<PacingOptions> parse_pacing_options(Settings& settings, const PacingOptions& defaults) {
  PacingOptions options;
  options.algorithm = TRY(parse_algorithm(
      TRY(settings.word("algorithm", algorithms, std::string{to_string(defaults.algorithm)}))));
  options.optimization_target = TRY(parse_optimization_target(
      TRY(settings.word("optimizationTarget", optimization_targets,
                        std::string{to_string(defaults.optimization_target)}))));
  options.optimization_goal = static_cast<int>(TRY(settings.integer(
      "optimizationGoal", {.fallback = defaults.optimization_goal, .min = 1, .max = 99})));
  options.proactive_ratio = static_cast<int>(TRY(settings.integer(
      "proactiveRatio", {.fallback = defaults.proactive_ratio, .min = 0, .max = 100})));
  options.refresh_period = TRY(settings.duration(
      "refreshPeriod", {.fallback = defaults.refresh_period, .min = 100ms, .max = 60s}));
  options.enabled = TRY(settings.boolean("enabled", defaults.enabled));
  return options;
}

}  // namespace paceline
