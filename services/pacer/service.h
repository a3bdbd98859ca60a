// The pacer's shell: statistics and feedback in, one pace for every target of its shard out.
//
//   Pacer pacer{config, world, store};
//   pacer.save();                              // at a controlled stop
//
// Every `recompute` it decides the targets whose refresh period has
// passed or whose numbers changed, and publishes what that changed.
// All learned state comes back from the checkpoint at a start; what
// that does not know is asked of other nodes' pacers.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/random.h"
#include "common/ports/control.h"
#include "common/ports/state_channel.h"
#include "common/ports/world.h"
#include "services/pacer/checkpoint.h"
#include "services/pacer/config.h"
#include "services/pacer/due_times.h"
#include "services/pacer/explain.h"
#include "services/pacer/masterships.h"
#include "services/pacer/overlap.h"
#include "services/pacer/pacing.h"
#include "services/pacer/peer_round.h"
#include "services/pacer/pool_view.h"
#include "services/pacer/service_metrics.h"
#include "services/pacer/shard_totals.h"

namespace paceline::pacer {

class Pacer {
 public:
  Pacer(const PacerConfig& config, World& world, CheckpointStore& store);
  Pacer(const Pacer&) = delete;
  Pacer& operator=(const Pacer&) = delete;

  /// Writes a checkpoint now; a failure is logged and counted.
  void save();

  /// Works with these targets from now on; says what they change. Nothing else is touched: a target
  /// that stays keeps all that was heard, learned and decided. One whose media channel, group or
  /// queue is another begins anew, since what was learned was of that group. What is new is looked for in the
  /// checkpoints that lie beside ours.
  std::string take_targets(ShardTargets shard, std::string version);

  std::size_t size() const { return config_.shard.targets.size(); }
  Decision decision(std::uint32_t index) const { return paced_[index].pacing.decision(); }

 private:
  // One target with what was heard of it.
  struct Paced {
    TargetPacing pacing;
    SplitMix64 draws{0};  // Of its dither, by its id: the same in every run and on every node.
    TargetFeedback feedback{};
    double day_begins_s =
        0;                  // [s] of the pacing world: of its own accounting window, if it has one,
    double day_ends_s = 0;  // from its beginning to its end.
    double day_told_s = -1;  // [s] when that was reckoned; negative: anew.
    bool has_feedback = false;
  };

  // Feedback of a node that is not master, for as long as it goes on.
  struct Unheeded {
    Instant since{};
    Instant last{};
    std::uint64_t count = 0;
    bool told = false;
  };

  // Targets that share agents, decided together.
  struct AgentPool {
    std::vector<std::uint32_t> targets;  // Of each member.
    PoolView view;
  };
  static constexpr std::uint32_t no_pool = UINT32_MAX;
  struct PoolPlace {
    std::uint32_t pool = no_pool;
    std::uint32_t member = 0;
  };

  struct AgedCheckpoint {
    Checkpoint checkpoint;
    Duration age{};  // [>= 0]
  };

  Paced unknown(const Target& target) const;
  void number_targets();
  void restore();
  void restore_new(const std::vector<bool>& is_new);
  void take_up(std::string_view bytes, const char* event, std::vector<bool>& taken);
  Result<AgedCheckpoint> usable_checkpoint(std::string_view bytes) const;
  void begin_asking_peers();
  void ask_peers();
  void end_asking_peers();
  void learn_from(const PeerPacer& peer, const Bytes& answer);
  Result<Bytes> learned_answer();
  std::uint32_t decide_due(Instant now, double now_s);
  void tick();
  void decide(std::uint32_t index, const PacingInputs& inputs, const PacingOptions& options,
              double now_s);
  double rest_s(std::uint32_t index, const PacingInputs& inputs) const;
  void add_to_totals(std::uint32_t index);
  void total_all();
  void publish(Instant now);
  void on_stat(const StatSource& head, const std::vector<std::uint32_t>& changed);
  void on_heartbeat(const Address& from, Payload bytes);
  bool counts(const Address& from, const FeedbackHead& head) const;
  void pass_over(const Address& from, const FeedbackHead& head);
  void tell_unheeded(Instant now);
  void on_feedback(const Address& from, const FeedbackHead& head,
                   const std::vector<std::uint32_t>& changed);
  void pool_targets(double now_s);
  // Targets that share agents (service_pools.cpp).
  void make_pools();
  void add_pools(
      std::span<const AgentClass> classes,
      const std::function<PoolSharing(std::uint32_t pool, std::size_t members)>& sharing);
  std::uint32_t decide_pool(AgentPool& pool, Instant now, double now_s);
  void look_for_overlaps(const std::vector<std::uint32_t>& changed, double now_s);
  void tell_overlaps();
  PacingInputs inputs_in_pool(std::uint32_t index, Instant now);
  PacingOptions options_in_pool(std::uint32_t index) const;
  /// Whose goal it is paced by; "" = its own.
  std::string goal_of(std::uint32_t index) const;
  std::optional<SeenOverlap> seen_overlap(std::uint32_t index) const;
  void tell_day(std::uint32_t index, double now_s);
  PacingInputs inputs_of(std::uint32_t index, Instant now) const;
  Result<Bytes> explain_target(const ControlServer::Arguments& arguments);
  Result<Bytes> what_if_target(const ControlServer::Arguments& arguments) const;
  Result<std::uint32_t> index_named(const std::string& id) const;
  void fill_status(StatusReply& reply) const;
  double pacing_s(Instant at) const { return to_seconds(at - started_) * config_.time_scale; }
  double world_s(Duration duration) const { return to_seconds(duration) * config_.time_scale; }

  PacerConfig config_;
  World& world_;
  CheckpointStore& store_;
  Instant started_;
  std::vector<std::string> ids_;
  std::unordered_map<std::string, std::uint32_t> index_of_;
  std::shared_ptr<const PacingTuning> tuning_;
  std::vector<Paced> paced_;
  DueTimes due_;
  std::vector<std::uint32_t> due_now_;  // Of this tick; kept so that it takes room once.
  ShardTotals totals_;
  std::vector<std::uint32_t> media_of_;  // Target -> index of its media channel's pool.
  std::vector<std::string> media_;       // Names of the pools.
  std::vector<ChannelPool> pools_;
  double pooled_s_ = 0;
  std::vector<AgentPool> agent_pools_;  // Those of which files tell, then those that were found.
  std::uint32_t told_pools_ = 0;
  std::vector<PoolPlace> place_;  // Of each target.
  std::vector<double> counted_;   // Of each target: what part of its agents a sum counts.
  OverlapSearch overlaps_{0};
  std::vector<std::optional<std::int32_t>> busy_;  // [agents] As the last look had them.
  std::vector<BusyChange> busy_changes_;
  double judged_s_ = 0;
  std::set<std::pair<std::string, std::string>> told_overlaps_;  // Ids.
  Masterships masterships_;
  std::map<std::string, Unheeded> unheeded_;  // By node.
  std::string epoch_;                         // Of the endpoint's counters.
  std::uint64_t feedback_epoch_ = 0;          // +1 at each other epoch.
  Instant feedback_at_{};                     // When the newest feedback was true.
  std::uint64_t stat_epoch_ = 0;              // Incarnation of the statfeed last heard.
  std::optional<PeerRound> peers_;            // While they are asked what they learned.
  std::optional<std::string> answer_;         // What we learned, as peers were told lately.
  Instant answer_made_{};
  PaceCycle cycle_{};
  bool stat_was_fresh_ = false;
  bool stat_was_young_ = false;  // Young enough to pace by.
  Instant published_{};
  ControlServer control_;
  StateReader<TargetStat> stat_;
  StateReader<TargetFeedback> feedback_;
  StateWriter<TargetPace> pace_;
  PacerMetrics metrics_;
  FaultLog saving_;
  FaultLog hearing_;
};

}  // namespace paceline::pacer
