#include "services/simulator/scenario.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "common/base/settings.h"
#include "services/simulator/faults.h"

namespace paceline::simulator {
namespace {

// "12" for all day, or 24 numbers with blanks between, hour 0 first.
Result<HourProfile> profile(Settings& settings, std::string_view key, double max) {
  const std::string text = TRY(settings.text(key));
  std::vector<double> values;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    while (at != end && (*at == ' ' || *at == ',' || *at == '\n' || *at == '\t')) ++at;
    if (at == end) break;
    double value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc{} || next == at)
      return tl::unexpected(settings.error(key, "not numbers with blanks between"));
    if (!(value >= 0 && value <= max))
      return tl::unexpected(
          settings.error(key, "a number is not in [0, " + std::to_string(max) + "]"));
    if (values.size() == 24) return tl::unexpected(settings.error(key, "more than 24 numbers"));
    values.push_back(value);
    at = next;
  }
  if (values.size() != 1 && values.size() != 24)
    return tl::unexpected(settings.error(key, "neither 1 number nor 24, one an hour"));
  HourProfile hours{};
  for (std::size_t hour = 0; hour < 24; ++hour) hours[hour] = values[values.size() == 1 ? 0 : hour];
  return hours;
}

// KEY_mean, KEY_cv: lognormal; without KEY_cv as in `fallback`.
Result<Distribution> distribution(Settings& settings, const std::string& key,
                                  const Distribution& fallback) {
  Distribution read = fallback;
  read.mean_s = to_seconds(TRY(settings.duration(
      key + "_mean", {.fallback = from_seconds(fallback.mean_s), .min = 0s, .max = 24h})));
  if (!settings.has(key + "_cv")) return read;
  read.shape = Shape::lognormal;
  read.cv = TRY(settings.real(key + "_cv", {.min = 0, .max = 10}));
  return read;
}

Result<GroupSpec> parse_group(Settings& settings) {
  GroupSpec group;
  GroupKind& kind = group.kind;
  kind.name = TRY(settings.text("name"));
  group.targets = static_cast<int>(TRY(settings.integer(
      "targets",
      {.fallback = 1, .min = 1, .max = static_cast<std::int64_t>(max_simulated_targets)})));
  group.targets_per_group = static_cast<int>(
      TRY(settings.integer("targets_per_group", {.fallback = 1, .min = 1, .max = 20})));
  group.size = TRY(settings.real("size", {.fallback = 1, .min = 0.001, .max = 1000}));
  group.channel = TRY(settings.text("channel", "chat"));
  if (group.channel.empty() || group.channel.find_first_of(",\"\n\r") != std::string::npos)
    return tl::unexpected(settings.error("channel", "not a name"));
  kind.agents = TRY(profile(settings, "agents", 10'000));
  kind.arrivals_per_hour = TRY(profile(settings, "arrivals_per_hour", 1e6));
  kind.service = TRY(distribution(settings, "service", kind.service));
  kind.wrap_up = TRY(distribution(settings, "wrap_up", kind.wrap_up));
  kind.patience = TRY(distribution(settings, "patience", kind.patience));
  kind.not_ready_share =
      TRY(settings.real("not_ready_share", {.fallback = 0.05, .min = 0, .max = 0.9}));
  kind.rest = TRY(distribution(settings, "rest", kind.rest));
  kind.slots =
      static_cast<int>(TRY(settings.integer("slots", {.fallback = 1, .min = 1, .max = 16})));
  kind.other_slots =
      static_cast<int>(TRY(settings.integer("other_slots", {.fallback = 0, .min = 0, .max = 16})));
  kind.slow_down = TRY(settings.real("slow_down", {.fallback = 0, .min = 0, .max = 5}));
  kind.acceptance = TRY(settings.real("acceptance", {.fallback = 0.3, .min = 0, .max = 1}));
  kind.rejection = TRY(settings.real("rejection", {.fallback = 0.2, .min = 0, .max = 1}));
  kind.answer_delay = TRY(distribution(settings, "answer_delay", kind.answer_delay));
  kind.invitation_life =
      TRY(settings.duration("invitation_life", {.fallback = 30s, .min = 1s, .max = 1h}));
  kind.visitors_per_hour =
      TRY(settings.real("visitors_per_hour", {.fallback = -1, .min = -1, .max = 1e6}));
  kind.max_queue = static_cast<std::uint32_t>(
      TRY(settings.integer("max_queue", {.fallback = 1000, .min = 1, .max = 100'000})));
  return settings.finish(group);
}

Result<TimedFault> parse_fault(Settings& settings) {
  TimedFault fault;
  fault.at = TRY(settings.duration("at"));
  Faults faults;
  for (const auto key : fault_keys()) {
    if (!settings.has(key)) continue;
    const std::string value = TRY(settings.text(key));
    const auto changed = with_fault(faults, key, value);
    if (!changed) return tl::unexpected(settings.error(key, changed.error().detail));
    fault.settings.emplace_back(key, value);
  }
  return settings.finish(fault);
}

Result<EndpointSettings> parse_endpoint(Settings settings) {
  EndpointSettings endpoint;
  endpoint.client_id = TRY(settings.text("client_id", endpoint.client_id));
  endpoint.client_secret = TRY(settings.secret("client_secret", endpoint.client_secret));
  endpoint.token_life = TRY(settings.duration(
      "token_life", {.fallback = endpoint.token_life, .min = 300s, .max = 172'800s}));
  endpoint.requests_per_minute = static_cast<int>(
      TRY(settings.integer("requests_per_minute", {.fallback = 0, .min = 0, .max = 100'000})));
  return settings.finish(endpoint);
}

// ---- The built-in day; SETTINGS.md says how each number was read off a month ----

constexpr HourProfile agents_seen = {0,   0,    0,   0,   0,   0,   0.5, 5.6, 8.2, 9.2, 9.2, 9.1,
                                     9.2, 10.4, 9.4, 9.6, 8.1, 6.5, 6.9, 6.2, 5.6, 5.3, 4.7, 3.7};

// Of the real one: the rest of the agents' time is to be filled.
constexpr double reactive_demand = 0.5;

HourProfile times(HourProfile hours, double factor) {
  for (double& hour : hours) hour *= factor;
  return hours;
}

GroupSpec fitted(std::string name, int targets, double size, double load_share, double service_mean,
                 double service_cv, double patience_mean, const HourProfile& arrivals) {
  GroupSpec group;
  group.targets = targets;
  group.size = size;
  group.kind.name = std::move(name);
  group.kind.agents = times(agents_seen, load_share);
  group.kind.arrivals_per_hour = times(arrivals, reactive_demand);
  group.kind.service = {Shape::lognormal, service_mean, service_cv};
  group.kind.wrap_up = {Shape::exponential, 13.5, 1};
  group.kind.patience = {Shape::exponential, patience_mean, 1};
  return group;
}

}  // namespace

Scenario busy_day() {
  constexpr HourProfile regular = {0.8,  0,    0,     0,    0,    0,    0.8,  31.0,
                                   50.7, 86.8, 101.9, 91.3, 79.6, 75.2, 79.2, 76.0,
                                   64.9, 56.3, 55.6,  40.0, 40.9, 46.3, 47.4, 33.7};
  constexpr HourProfile fresh = {0.3,  0.1,  0.1,  0.1,  0,    0,    0,    3.0,
                                 19.9, 15.2, 15.7, 15.5, 14.5, 14.4, 17.0, 16.6,
                                 34.1, 26.7, 18.1, 11.2, 7.6,  8.4,  7.9,  5.2};
  constexpr HourProfile stock = {0,   0,    0,    0,    0,   0,   0,   1.2, 3.2, 11.0, 17.1, 11.7,
                                 9.7, 10.0, 11.4, 16.7, 9.0, 6.6, 5.4, 4.1, 3.7, 4.0,  6.3,  4.3};
  constexpr HourProfile internet = {0,   0,   0,    0,   0,   0,   0,   2.6, 6.1, 9.8, 9.6, 10.1,
                                    9.1, 9.9, 10.2, 8.0, 8.7, 7.4, 7.4, 7.0, 5.5, 6.0, 6.5, 3.7};
  Scenario scenario;
  scenario.groups = {
      fitted("regular", 3, 2, 0.62, 170, 1.13, 466, regular),
      fitted("regular_large", 2, 5, 0.62, 170, 1.13, 466, regular),
      fitted("new_customers", 2, 6, 0.10, 118, 1.39, 256, fresh),
      fitted("stock_exchange", 2, 8, 0.11, 239, 1.04, 933, stock),
      fitted("internet_help", 1, 6, 0.17, 384, 2.93, 433, internet),
  };
  for (auto& group : scenario.groups) group.targets *= 5;
  return scenario;
}

Result<Scenario> parse_scenario(std::string_view text, std::string_view file) {
  Settings settings = TRY(Settings::parse(text, file));
  Scenario scenario;
  scenario.start = TRY(settings.duration("start", {.fallback = 10h, .max = 24h - 1s}));
  scenario.seed = static_cast<std::uint64_t>(TRY(settings.integer("seed", {.fallback = 1})));
  scenario.endpoint = TRY(parse_endpoint(TRY(settings.table("engagement"))));
  std::size_t targets = 0;
  for (Settings& group : TRY(settings.tables("group"))) {
    scenario.groups.push_back(TRY(parse_group(group)));
    targets += static_cast<std::size_t>(scenario.groups.back().targets);
    if (targets > max_simulated_targets)
      return tl::unexpected(group.error("targets", "over 1000000 targets in all"));
  }
  if (scenario.groups.empty()) scenario.groups = busy_day().groups;
  for (Settings& fault : TRY(settings.tables("fault")))
    scenario.faults.push_back(TRY(parse_fault(fault)));
  std::ranges::stable_sort(scenario.faults, {}, &TimedFault::at);
  return settings.finish(std::move(scenario));
}

std::string numbered(std::string_view prefix, std::size_t index, std::size_t count) {
  const auto width = std::max<std::size_t>(2, std::to_string(count == 0 ? 0 : count - 1).size());
  const std::string digits = std::to_string(index);
  const auto zeros = width > digits.size() ? width - digits.size() : 0;
  return std::string{prefix} + std::string(zeros, '0') + digits;
}

CentreModel model_of(const Scenario& scenario, std::size_t targets) {
  CentreModel model;
  model.start = scenario.start;
  std::size_t pattern_length = 0;
  for (const GroupSpec& group : scenario.groups) {
    model.kinds.push_back(group.kind);
    pattern_length += static_cast<std::size_t>(group.targets);
  }
  if (targets == 0) targets = pattern_length;
  model.targets.reserve(targets);
  // Kinds are mixed evenly: each time the one that is furthest behind its share is next.
  std::vector<std::size_t> given(scenario.groups.size(), 0);
  std::vector<std::string> names(scenario.groups.size());
  for (std::size_t index = 0; index < targets; ++index) {
    std::size_t next = 0;
    double least = INFINITY;
    for (std::size_t group = 0; group < given.size(); ++group) {
      const double filled =
          (static_cast<double>(given[group]) + 0.5) / scenario.groups[group].targets;
      if (filled < least) {
        least = filled;
        next = group;
      }
    }
    ++given[next];
    const GroupSpec& group = scenario.groups[next];
    if ((given[next] - 1) % static_cast<std::size_t>(group.targets_per_group) == 0)
      names[next] = numbered("group-", index, targets);
    model.targets.push_back({.id = numbered("t", index, targets),
                             .channel = group.channel,
                             .group = names[next],
                             .queue = numbered("queue-", index, targets),
                             .kind = static_cast<std::uint32_t>(next),
                             .size = group.size,
                             .calls = {},
                             .recorded = false});
  }
  return model;
}

std::string targets_csv(const CentreModel& model) {
  std::string text = "id,channel,group,queue\n";
  for (const TargetModel& target : model.targets)
    text += target.id + "," + target.channel + "," + target.group + "," + target.queue + "\n";
  return text;
}

}  // namespace paceline::simulator
