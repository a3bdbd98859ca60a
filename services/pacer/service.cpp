#include "services/pacer/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "common/base/check.h"
#include "common/base/hash.h"
#include "topology/targets_diff.h"

namespace paceline::pacer {
namespace {

constexpr double pool_period_s = 30;  // [s] of the pacing world.
constexpr double century_s = 36'524 * 86'400.0;
constexpr double day_good_s = 60;  // [s] of the pacing world: the wall clock may be set meanwhile.

std::vector<std::string> ids_of(const std::vector<Target>& targets) {
  std::vector<std::string> ids;
  ids.reserve(targets.size());
  for (const auto& target : targets) ids.push_back(target.id);
  return ids;
}

bool same_group(const Target& a, const Target& b) {
  return a.media_channel == b.media_channel && a.group == b.group && a.queue == b.queue;
}

// Figures for people are rounded, so that a row whose meaning did not change does not go out again.
double rounded(double value, double step) {
  return std::round(value / step) * step;
}

// The accounting windows of the goal begin at the same instants of the day whenever a pacer starts;
// the pacing world's time begins with the start.
PacingTuning tuning_of(const PacerConfig& config, WallTime wall) {
  PacingTuning tuning = config.tuning;
  const double since_s = to_seconds(wall.time_since_epoch() - config.accounting_begins);
  tuning.window_begins_s = -std::fmod(since_s * config.time_scale, tuning.window_s);
  return tuning;
}

// What the wire may carry; 0 for NaN.
double within(double value, double most) {
  return value > 0 ? std::min(value, most) : 0;
}

TargetPace pace_of(const Decision& decision, const TargetStat& stat, const PacingOptions& options) {
  const DecisionExplanation& why = decision.explanation;
  return {.state = decision.state,
          .reason = decision.reason,
          .proactive = decision.invitations,
          .max_pending = decision.max_pending,
          .reactive = decision.reactive,
          .reactive_state = rounded(within(decision.reactive_state, 1), 0.01),
          .predicted_wait_s = rounded(within(decision.predicted_wait_s, max_seconds), 0.1),
          .logged_in = stat.logged_in,
          .ready = stat.ready,
          .busy = stat.busy,
          .after_call_work = stat.after_call_work,
          .in_queue = stat.in_queue,
          .pending = static_cast<std::int32_t>(std::lround(within(why.pending, max_count))),
          .acceptance = rounded(within(why.acceptance, 1), 0.01),
          .abandonment = rounded(within(why.proactive_abandonment, 1), 0.0001),
          .busy_factor = rounded(within(why.busy_factor, 1), 0.01),
          .goal = options.optimization_goal};
}

}  // namespace

Pacer::Pacer(const PacerConfig& config, World& world, CheckpointStore& store)
    : config_{config},
      world_{world},
      store_{store},
      started_{world.clock.now()},
      ids_{ids_of(config.shard.targets)},
      masterships_{config.feedback_stale},
      control_{world},
      stat_{world,
            "stat",
            {.stale = config.stat_stale,
             .shard = config.index,
             .shards = config.shards,
             .rows = config.most_rows},
            ids_,
            [this](const Address&, const StatSource& head, const auto& changed) {
              on_stat(head, changed);
            }},
      feedback_{world,
                "feedback",
                {.stale = config.feedback_stale,
                 .shards = config.shards,
                 .rows = config.most_rows,
                 .accepts = [this](const Address& from,
                                   const FeedbackHead& head) { return counts(from, head); },
                 .passed_over = [this](const Address& from,
                                       const FeedbackHead& head) { pass_over(from, head); }},
                ids_,
                [this](const Address& from, const FeedbackHead& head, const auto& changed) {
                  on_feedback(from, head, changed);
                }},
      pace_{world, "pace", {.ids = ids_, .keyframe = config.pace_keyframe}},
      metrics_{world.metrics},
      saving_{world.log, "checkpoint_not_saved"},
      hearing_{world.log, "heartbeat_refused"} {
  config_.tuning = tuning_of(config, world.clock.wall());
  tuning_ = std::make_shared<const PacingTuning>(config_.tuning);
  paced_.reserve(size());  // A kilobyte and a half a target: no second copy while it grows.
  for (const auto& target : config_.shard.targets) paced_.push_back(unknown(target));
  due_ = DueTimes{size()};
  number_targets();
  control_.status([this](StatusReply& reply) { fill_status(reply); });
  control_.question(Question::explain,
                    [this](const auto& arguments) { return explain_target(arguments); });
  control_.question(Question::what_if,
                    [this](const auto& arguments) { return what_if_target(arguments); });
  control_.question(Question::learned, [this](const auto&) { return learned_answer(); });
  control_.keyframe("pace", -1, [this] { return pace_.keyframe(); });
  world_.bus.subscribe_own(
      "heartbeat", [this](const Address& from, Payload bytes) { on_heartbeat(from, bytes); });
  restore();
  total_all();
  world_.timers.every(config_.recompute, [this] { tick(); });
  world_.timers.every(config_.checkpoint_period, [this] { save(); });
  world_.log.info("pacing",
                  {{"shard", config_.index}, {"targets", size()}, {"cold", totals_.cold()}});
  begin_asking_peers();
}

Pacer::Paced Pacer::unknown(const Target& target) const {
  return {.pacing = TargetPacing{tuning_}, .draws = SplitMix64{fnv1a(target.id)}};
}

// Indices, and pools by media channel: a pool that stays keeps what it knows.
void Pacer::number_targets() {
  auto ids = ids_of(config_.shard.targets);
  const bool same_ids = ids == ids_ && busy_.size() == ids.size();
  ids_ = std::move(ids);
  index_of_.clear();
  media_of_.clear();
  std::map<std::string, std::uint32_t> media;
  for (std::uint32_t i = 0; i < config_.shard.targets.size(); ++i) {
    index_of_.emplace(ids_[i], i);
    const auto next = static_cast<std::uint32_t>(media.size());
    media_of_.push_back(media.emplace(config_.shard.targets[i].media_channel, next).first->second);
  }
  std::vector<std::string> names(media.size());
  std::vector<ChannelPool> pools(media.size());
  for (const auto& [name, index] : media) {
    names[index] = name;
    const auto before = std::ranges::find(media_, name);
    if (before != media_.end())
      pools[index] = pools_[static_cast<std::size_t>(before - media_.begin())];
  }
  media_ = std::move(names);
  pools_ = std::move(pools);
  counted_ = counted_once(size(), config_.shard.shared);
  if (!same_ids) {  // By index; a reload that changes options disturbs no search.
    overlaps_ = OverlapSearch{size()};
    busy_.assign(size(), std::nullopt);
    told_overlaps_.clear();
  }
  make_pools();
}

std::string Pacer::take_targets(ShardTargets shard, std::string version) {
  auto& targets = shard.targets;
  const auto diff = diff_targets(config_.shard.targets, targets);
  std::vector<Paced> paced;
  paced.reserve(targets.size());
  std::vector<bool> is_new(targets.size());
  DueTimes due{targets.size()};
  for (std::uint32_t i = 0; i < targets.size(); ++i) {
    const Target& target = targets[i];
    const auto known = index_of_.find(target.id);
    const Target* before =
        known == index_of_.end() ? nullptr : &config_.shard.targets[known->second];
    if (before && same_group(*before, target)) {
      paced.push_back(std::move(paced_[known->second]));
      due.keep(i, due_, known->second);
      if (before->options != target.options) due.changed(i);
      paced.back().day_told_s = -1;
    } else {
      paced.push_back(unknown(target));
      is_new[i] = before == nullptr;
    }
  }
  paced_ = std::move(paced);
  due_ = std::move(due);
  config_.shard = std::move(shard);
  config_.targets_version = std::move(version);
  number_targets();
  restore_new(is_new);
  total_all();
  stat_.reset_ids(ids_);
  feedback_.reset_ids(ids_);
  pace_.reset_ids(ids_);
  const auto summary = fmt::format("{} targets: {}", size(), diff.summary());
  world_.log.info("targets_reloaded", {{"targets", size()}, {"what", diff.summary()}});
  return summary;
}

void Pacer::on_stat(const StatSource&, const std::vector<std::uint32_t>& changed) {
  for (const auto& [stream, sender] : stat_.senders())
    stat_epoch_ = std::max(stat_epoch_, sender.incarnation);
  for (const auto index : changed) due_.changed(index);
  look_for_overlaps(changed, pacing_s(world_.clock.now()));
}

PacingInputs Pacer::inputs_of(std::uint32_t index, Instant now) const {
  const Paced& paced = paced_[index];
  PacingInputs in;
  const auto stat_age = stat_.age(now);
  if (!stat_.known(index)) {
    in.quality = stat_age ? StatQuality::not_visible : StatQuality::stale;
    in.stat_age_s = 1e9;
  } else {
    const TargetStat& stat = stat_.row(index);
    in.quality = stat_age ? stat.quality : StatQuality::stale;
    // Where each value ages by itself, the row is older than the feed.
    in.stat_age_s = stat_age ? std::max(world_s(*stat_age), stat.age_s * config_.time_scale) : 1e9;
    in.logged_in = stat.logged_in;
    const AgentSlots slots = agent_slots(stat, config_.shard.targets[index].options.capacity);
    in.slots = slots.slots;
    in.idle = slots.idle;
    in.busy = slots.busy;
    in.wrap_up = slots.wrap_up;
    in.slots_from = slots.from;
    in.queue = stat.in_queue;
    in.entered = stat.entered;
    in.answered = stat.answered;
    in.abandoned = stat.abandoned;
    in.handling_time_s = stat.handling_time_s;
  }
  in.stat_epoch = stat_epoch_;
  in.proactive = paced.feedback;
  in.feedback_age_s = paced.has_feedback ? world_s(now - feedback_at_) : -1;
  in.feedback_epoch = feedback_epoch_;
  in.window_begins_s = paced.day_begins_s;
  in.window_ends_s = paced.day_ends_s;
  return in;
}

// The day that a target counts by, where its options name one; else the pacer's windows hold. With a
// time scale the calendar runs faster too, in a century that comes again.
void Pacer::tell_day(std::uint32_t index, double now_s) {
  Paced& paced = paced_[index];
  const PacingOptions& options = config_.shard.targets[index].options;
  if (paced.day_told_s >= 0 && now_s < paced.day_told_s + day_good_s &&
      (now_s < paced.day_ends_s || paced.day_ends_s == 0))
    return;
  paced.day_told_s = now_s;
  paced.day_begins_s = paced.day_ends_s = 0;
  if (options.time_zone.is_utc() && options.day_begins == 0min) return;
  const WallTime wall = world_.clock.wall();
  const double since_s = to_seconds(wall.time_since_epoch() - config_.accounting_begins);
  const double scaled_s = std::fmod(since_s * config_.time_scale, century_s);
  const WallTime at =
      config_.time_scale == 1 ? wall : WallTime{config_.accounting_begins + from_seconds(scaled_s)};
  const LocalDay day = local_day(options.time_zone, options.day_begins, at);
  paced.day_begins_s = now_s - to_seconds(at - day.begins);
  paced.day_ends_s = now_s + to_seconds(day.ends - at);
}

void Pacer::decide(std::uint32_t index, const PacingInputs& inputs, const PacingOptions& options,
                   double now_s) {
  Paced& paced = paced_[index];
  const Decision decision =
      paced.pacing.decide(inputs, options, pools_[media_of_[index]], paced.draws.uniform(), now_s);
  const PoolPlace place = place_[index];
  const bool pooled = place.pool != no_pool;  // Its members are dealt to together.
  const std::uint32_t grid = pooled ? agent_pools_[place.pool].targets.front() : index;
  due_.decided(index, now_s, to_seconds(options.refresh_period), grid, rest_s(index, inputs));
  add_to_totals(index);
  pace_.set(index, pace_of(decision, stat_.row(index), options));
  if (pooled) agent_pools_[place.pool].view.decided(place.member, decision, now_s);
}

// Where nobody can be invited and nothing is under way, time alone changes nothing, as long as the
// statistics keep coming. It is looked at once a minute all the same, so that what is smoothed and
// forgotten by time stays near the truth, and not by all targets at once.
double Pacer::rest_s(std::uint32_t index, const PacingInputs& inputs) const {
  constexpr std::uint32_t least_s = 45;
  constexpr std::uint32_t spread_s = 15;
  const PaceReason reason = paced_[index].pacing.offer().reason;
  const bool nobody =
      reason == PaceReason::no_agents && inputs.queue == 0 && inputs.proactive.pending == 0;
  const bool rests = nobody || reason == PaceReason::disabled || reason == PaceReason::not_visible;
  if (!rests || !stat_was_young_ || place_[index].pool != no_pool) return 0;
  return least_s + index % spread_s;
}

void Pacer::add_to_totals(std::uint32_t index) {
  const TargetPacing& pacing = paced_[index].pacing;
  totals_.set(index, {.reason = pacing.offer().reason,
                      .max_pending = pacing.offer().max_pending,
                      .cold = config_.shard.targets[index].options.enabled && pacing.cold()});
}

void Pacer::total_all() {
  totals_ = ShardTotals{size()};
  for (std::uint32_t i = 0; i < size(); ++i) add_to_totals(i);
}

// Those that share no agents. Each has some kilobytes in places of their own: the memory is asked for
// them while the targets before it are decided, its parts once it is known where they are.
std::uint32_t Pacer::decide_due(Instant now, double now_s) {
  constexpr std::size_t ahead = 5;
  constexpr std::size_t parts_ahead = 3;
  constexpr std::size_t ages_ahead = 1;
  due_now_.clear();
  for (std::uint32_t i = 0; i < size(); ++i)
    if (place_[i].pool == no_pool && due_.is_due(i, now_s)) due_now_.push_back(i);
  const std::size_t count = due_now_.size();
  for (std::size_t k = 0; k < count; ++k) {
    if (k + ahead < count) paced_[due_now_[k + ahead]].pacing.fetch();
    if (k + parts_ahead < count) paced_[due_now_[k + parts_ahead]].pacing.fetch_parts();
    if (k + ages_ahead < count) paced_[due_now_[k + ages_ahead]].pacing.fetch_ages();
    const std::uint32_t index = due_now_[k];
    tell_day(index, now_s);
    decide(index, inputs_of(index, now), config_.shard.targets[index].options, now_s);
  }
  return static_cast<std::uint32_t>(count);
}

void Pacer::tick() {
  const Instant now = world_.clock.now();
  const double now_s = pacing_s(now);
  const bool fresh = stat_.age(now).has_value();
  if (fresh != stat_was_fresh_) {  // All of them at once: silence is news too.
    due_.all_changed();
    if (fresh)
      world_.log.info("statistics_heard");
    else
      world_.log.warn("statistics_silent", {{"bound_s", to_seconds(config_.stat_stale)}});
    stat_was_fresh_ = fresh;
  }
  if (const bool young = fresh && world_s(*stat_.age(now)) <= config_.tuning.stale_after_s;
      young != stat_was_young_) {
    due_.all_changed();
    stat_was_young_ = young;
  }
  tell_unheeded(now);
  ask_peers();
  std::uint32_t decided = decide_due(now, now_s);
  for (auto& pool : agent_pools_) decided += decide_pool(pool, now, now_s);
  if (now_s >= pooled_s_ + pool_period_s) pool_targets(now_s);
  if (decided > 0) {
    const double took_s = to_seconds(world_.clock.now() - now);
    ++cycle_.cycle;
    cycle_.decided = decided;
    cycle_.decide_us = took_s * 1e6;
    metrics_.decisions.add(decided);
    metrics_.decide_seconds.observe(took_s);
    if (const auto age = stat_.age(now)) metrics_.decided_on_age.observe(world_s(*age));
  }
  if (decided > 0 || now >= published_ + config_.pace_period / 2) publish(now);
}

void Pacer::publish(Instant now) {
  const auto stat_age = stat_.age(now);
  cycle_.stat_age_s = stat_age ? world_s(*stat_age) : -1;
  cycle_.feedback_age_s = feedback_epoch_ > 0 ? world_s(now - feedback_at_) : -1;
  cycle_.cold = totals_.cold();
  cycle_.awaiting = peers_ ? cycle_.cold : 0;
  metrics_.cold.set(cycle_.cold);
  metrics_.stat_age.set(cycle_.stat_age_s);
  metrics_.feedback_age.set(cycle_.feedback_age_s);
  for (std::size_t r = 0; r < pace_reasons; ++r) metrics_.by_reason[r]->set(totals_.by_reason()[r]);
  metrics_.granted.set(static_cast<double>(totals_.granted()));
  pace_.publish(cycle_, stat_age.value_or(Duration::zero()));
  published_ = now;
}

void Pacer::pool_targets(double now_s) {
  pooled_s_ = now_s;
  for (auto& pool : pools_) pool = {};
  for (std::uint32_t i = 0; i < size(); ++i)
    pools_[media_of_[i]].add(paced_[i].pacing.told_to_pool());
}

}  // namespace paceline::pacer
