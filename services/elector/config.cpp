#include "services/elector/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace paceline::elector {
namespace {

// A pair with a witness is an ordinary quorum of three; only without one are the rules others.
Result<bool> parse_pair(Place& place, std::size_t voters) {
  const bool accepted = TRY(place.settings.boolean("accept_dual_publish", false));
  if (place.topology.mode != ElectionMode::pair || voters != 2) return false;
  if (accepted) return true;
  return tl::unexpected(
      place.settings.error("accept_dual_publish",
                           "mode = \"pair\" without a witness cannot exclude two masters while the "
                           "link between the nodes is cut; "
                           "add a witness, or accept it with accept_dual_publish = true"));
}

std::set<std::string> names(const ElectionPolicy& policy) {
  std::set<std::string> all;
  for (const Voter& voter : policy.voters) all.insert(voter.name);
  return all;
}

}  // namespace

Result<bool> may_follow(const ElectorConfig& running, const ElectorConfig& next) {
  constexpr const char* remedy = "; stop all electors, then start them with the new file";
  std::vector<std::string> others;
  std::ranges::set_symmetric_difference(names(running.policy), names(next.policy),
                                        std::back_inserter(others));
  if (others.size() > 1)
    return fail(Errc::refused,
                fmt::format("nodes {} come or go at once; one at a time", fmt::join(others, ", ")));
  if (next.policy.lock() < running.policy.lock())
    return fail(Errc::refused,
                fmt::format("missed x heartbeat falls from {} to {}, but a lock may still hold for "
                            "the former{}",
                            format_duration(running.policy.lock()),
                            format_duration(next.policy.lock()), remedy));
  return true;
}

Result<ElectorConfig> parse_elector_config(Place& place) {
  Settings& settings = place.settings;
  ElectorConfig config;
  auto& policy = config.policy;
  policy.cluster = place.topology.cluster;
  for (const auto& node : place.topology.nodes) policy.voters.push_back({node.name, node.priority});
  if (policy.voters.size() > 255)
    return tl::unexpected(settings.error("heartbeat", "more than 255 nodes cannot vote"));
  policy.heartbeat =
      TRY(settings.duration("heartbeat", {.fallback = 200ms, .min = 50ms, .max = 5s}));
  policy.missed =
      static_cast<int>(TRY(settings.integer("missed", {.fallback = 3, .min = 2, .max = 10})));
  policy.rho_ppm = static_cast<int>(
      TRY(settings.integer("rho_ppm", {.fallback = 1000, .min = 0, .max = 100'000})));
  policy.guard = TRY(settings.duration("guard", {.fallback = 20ms, .max = 1s}));
  policy.stagger = TRY(settings.duration("stagger", {.fallback = 20ms, .min = 1ms, .max = 1s}));
  policy.wait_for_all = TRY(settings.duration("wait_for_all", {.fallback = 5s, .max = 60s}));
  policy.better_for =
      TRY(settings.duration("better_for", {.fallback = 2s, .min = 200ms, .max = 300s}));
  policy.preempt = TRY(settings.boolean("preempt", false));
  policy.preempt_delay =
      TRY(settings.duration("preempt_delay", {.fallback = 30s, .min = 1s, .max = 1h}));
  config.max_clock_skew =
      TRY(settings.duration("max_clock_skew", {.fallback = 3s, .min = 500ms, .max = 60s}));
  policy.pair = TRY(parse_pair(place, policy.voters.size()));
  // A lease must outlast one heartbeat and its answer, or it would lapse between two renewals.
  if (policy.lease() < policy.heartbeat * 6 / 5)
    return tl::unexpected(settings.error(
        "guard", "leaves a lease of " + format_duration(policy.lease()) +
                     ", shorter than 1.2 heartbeats: raise heartbeat or missed, or lower guard"));
  // The folder of the topology file is in run_dir already.
  const std::string fallback = place.topology.run_dir + "/" + place.node + "/state";
  config.state_dir = TRY(settings.has("state_dir") ? settings.file("state_dir")
                                                   : settings.text("state_dir", fallback));
  if (const Channel* channel = place.topology.channel("publication"))
    config.publisher_stale = channel->stale;
  if (const Channel* channel = place.topology.channel("pace")) config.pace_stale = channel->stale;
  return settings.finish(config);
}

}  // namespace paceline::elector
