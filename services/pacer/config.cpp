#include "services/pacer/config.h"

#include <algorithm>
#include <array>

#include "topology/shared_agents.h"

namespace paceline::pacer {
namespace {

constexpr std::array<std::string_view, 3> detections = {"off", "warn", "use"};  // PoolDetection.

Result<void> parse_tuning(Settings& settings, PacingTuning& tuning) {
  tuning.goal_share = TRY(settings.real("goal_share", {.fallback = 0.94, .min = 0.5, .max = 1}));
  tuning.reactive_goal_percent = static_cast<double>(
      TRY(settings.integer("reactive_goal", {.fallback = 5, .min = 1, .max = 99})));
  tuning.warm_up_answers = static_cast<int>(
      TRY(settings.integer("warm_up_answers", {.fallback = 20, .min = 0, .max = 10'000})));
  tuning.ceiling_per_slot = TRY(settings.real("ceiling", {.fallback = 3, .min = 0.1, .max = 100}));
  tuning.window_s = to_seconds(
      TRY(settings.duration("accounting_window", {.fallback = 24h, .min = 1min, .max = 8760h})));
  tuning.sends_after_decision = false;  // The endpoint counts right after it has sent.
  return {};
}

// The same shard of each node first, which has the same targets where all have as many shards.
std::vector<PeerPacer> peers_of(const Place& place) {
  std::vector<PeerPacer> peers;
  for (int i = 0; i < place.topology.pacers; ++i)
    for (const Node& node : place.topology.nodes)
      if (!node.witness() && node.name != place.node)
        peers.push_back({node.name, (place.index + i) % place.topology.pacers});
  return peers;
}

}  // namespace

Result<PacerConfig> parse_pacer_config(Place& place) {
  const Topology& topology = place.topology;
  PacerConfig config;
  config.index = place.index;
  config.shards = topology.pacers;
  config.most_rows = topology.max_targets;
  config.time_scale = topology.time_scale;
  config.peers = peers_of(place);
  config.targets_file = topology.targets_file;
  config.checkpoint_file =
      topology.run_dir + "/" + place.node + "/pacer-" + std::to_string(place.index) + ".checkpoint";
  if (const Channel* pace = topology.channel("pace")) {
    config.pace_period = pace->period;
    config.pace_keyframe = pace->keyframe;
  }
  if (const Channel* stat = topology.channel("stat")) {
    config.stat_stale = stat->stale;
    config.tuning.stale_after_s = to_seconds(stat->stale) * topology.time_scale;
  }
  if (const Channel* feedback = topology.channel("feedback")) {
    config.feedback_stale = feedback->stale;
    config.tuning.feedback_stale_s = to_seconds(feedback->stale) * topology.time_scale;
  }
  if (const Channel* heartbeat = topology.channel("heartbeat"))
    config.heartbeat_stale = heartbeat->stale;

  Settings& settings = place.settings;
  const Duration recompute =
      TRY(settings.duration("recompute", {.fallback = 100ms, .min = 10ms, .max = 10s}));
  config.recompute =
      std::max<Duration>(from_seconds(to_seconds(recompute) / topology.time_scale), 10ms);
  config.checkpoint_period =
      TRY(settings.duration("checkpoint_period", {.fallback = 60s, .min = 1s, .max = 1h}));
  config.checkpoint_max_age =
      TRY(settings.duration("checkpoint_max_age", {.fallback = 24h, .min = 1s, .max = 8760h}));
  config.accounting_begins =
      TRY(settings.duration("accounting_begins", {.fallback = 0s, .min = 0s, .max = 24h}));
  const auto detection = TRY(settings.word("pool_detection", detections, "warn"));
  config.pool_detection =
      static_cast<PoolDetection>(std::ranges::find(detections, detection) - detections.begin());
  if (const auto done = parse_tuning(settings, config.tuning); !done)
    return tl::unexpected(done.error());
  return settings.finish(config);
}

ShardTargets targets_of_shard(const Targets& targets, int shard, int shards) {
  const auto of = shards_of(targets, shards);
  ShardTargets own;
  std::vector<std::uint32_t> index(of.size());  // In the shard.
  for (std::size_t i = 0; i < of.size(); ++i) {
    if (of[i] != shard) continue;
    index[i] = static_cast<std::uint32_t>(own.targets.size());
    own.targets.push_back(targets.all[i]);
  }
  own.targets.shrink_to_fit();
  for (SharedAgents& set : shared_agents(targets)) {
    if (of[set.targets.front()] != shard) continue;
    for (auto& target : set.targets) target = index[target];
    own.shared.push_back(std::move(set));
  }
  return own;
}

}  // namespace paceline::pacer
