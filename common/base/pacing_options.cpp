#include "common/base/pacing_options.h"

#include <array>
#include <charconv>

namespace paceline {
namespace {

constexpr std::array<std::string_view, 4> algorithms = {
    "SUPER_PROGRESSIVE", "SUPER_PROGRESSIVE_DUAL", "PREDICTIVE_B", "PREDICTIVE_B_DUAL"};
constexpr std::array<std::string_view, 3> optimization_targets = {"ABANDONMENT_RATE", "BUSY_FACTOR",
                                                                  "SERVICE_LEVEL"};
constexpr std::string_view misspelled_abandonment = "ABANDONEMENT_RATE";
constexpr Duration least_period = 100ms;
constexpr Duration longest_period = 60s;

Result<int> whole(std::string_view text, int min, int max) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size())
    return fail("not an integer");
  if (error != std::errc{} || value < min || value > max)
    return fail("not in [" + std::to_string(min) + ", " + std::to_string(max) + "]");
  return value;
}

Result<void> set_algorithm(PacingOptions& options, std::string_view text) {
  options.algorithm = TRY(parse_algorithm(text));
  return {};
}

Result<void> set_optimization_target(PacingOptions& options, std::string_view text) {
  options.optimization_target = TRY(parse_optimization_target(text));
  return {};
}

Result<void> set_refresh_period(PacingOptions& options, std::string_view text) {
  const Duration period = TRY(parse_duration(text));
  if (period < least_period || period > longest_period)
    return fail("not in [" + format_duration(least_period) + ", " +
                format_duration(longest_period) + "]");
  options.refresh_period = period;
  return {};
}

Result<void> set_enabled(PacingOptions& options, std::string_view text) {
  if (text != "true" && text != "false") return fail("not true or false");
  options.enabled = text == "true";
  return {};
}

Result<void> set_time_zone(PacingOptions& options, std::string_view text) {
  options.time_zone = TRY(TimeZone::named(text));
  return {};
}

Result<void> set_day_begins(PacingOptions& options, std::string_view text) {
  constexpr std::string_view rule = "not a time of day from 00:00 to 23:59";
  if (text.size() != 5 || text[2] != ':') return fail(std::string{rule});
  const auto hours = whole(text.substr(0, 2), 0, 23);
  const auto minutes = whole(text.substr(3), 0, 59);
  if (!hours || !minutes) return fail(std::string{rule});
  options.day_begins = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
  return {};
}

std::string day_begins_text(const PacingOptions& options) {
  const auto two = [](long number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  return two(options.day_begins.count() / 60) + ":" + two(options.day_begins.count() % 60);
}

// An option that is a whole number.
template <int PacingOptions::*member, int min, int max>
constexpr PacingOption whole_option(std::string_view name) {
  return {name, PacingOption::Kind::integer,
          [](PacingOptions& options, std::string_view text) -> Result<void> {
            options.*member = TRY(whole(text, min, max));
            return {};
          },
          [](const PacingOptions& options) { return std::to_string(options.*member); }};
}

using Kind = PacingOption::Kind;
using O = PacingOptions;
constexpr std::array<PacingOption, 14> table = {{
    {"algorithm", Kind::word, set_algorithm,
     [](const PacingOptions& o) { return std::string{to_string(o.algorithm)}; }},
    {"optimizationTarget", Kind::word, set_optimization_target,
     [](const PacingOptions& o) { return std::string{to_string(o.optimization_target)}; }},
    whole_option<&O::optimization_goal, 1, 99>("optimizationGoal"),
    whole_option<&O::proactive_ratio, 0, 100>("proactiveRatio"),
    {"refreshPeriod", Kind::word, set_refresh_period,
     [](const PacingOptions& o) { return format_duration(o.refresh_period); }},
    {"enabled", Kind::boolean, set_enabled,
     [](const PacingOptions& o) { return std::string{o.enabled ? "true" : "false"}; }},
    whole_option<&O::service_level_seconds, 1, 3600>("service_level_seconds"),
    whole_option<&O::abandonment_threshold, 0, 600>("abandonment_threshold"),
    whole_option<&O::max_pending_per_agent, 1, 100>("max_pending_per_agent"),
    whole_option<&O::capacity, 1, 100>("capacity"),
    whole_option<&O::weight, 1, 1000>("weight"),
    {"time_zone", Kind::word, set_time_zone,
     [](const PacingOptions& o) { return std::string{o.time_zone.name()}; }},
    {"day_begins", Kind::word, set_day_begins, day_begins_text},
    whole_option<&O::rolling_days, 0, 366>("rolling_days"),
}};

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
      "not one of SUPER_PROGRESSIVE, SUPER_PROGRESSIVE_DUAL, PREDICTIVE_B, PREDICTIVE_B_DUAL");
}

Result<OptimizationTarget> parse_optimization_target(std::string_view word) {
  if (word == misspelled_abandonment) return OptimizationTarget::abandonment_rate;
  for (std::size_t i = 0; i < optimization_targets.size(); ++i)
    if (optimization_targets[i] == word) return static_cast<OptimizationTarget>(i);
  return fail("not one of ABANDONMENT_RATE, BUSY_FACTOR, SERVICE_LEVEL");
}

std::span<const PacingOption> pacing_options() {
  return table;
}

}  // namespace paceline
