#include "services/statfeed/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "topology/shared_agents.h"
#include "topology/targets_diff.h"

namespace paceline::statfeed {
namespace {

constexpr Duration visibility_period = 1s;

std::vector<TargetObjects> objects_of(const Targets& targets) {
  std::vector<TargetObjects> objects;
  objects.reserve(targets.all.size());
  for (const auto& target : targets.all)
    objects.push_back({target.id, target.group, target.queue, target.media_channel});
  return objects;
}

}  // namespace

Statfeed::Statfeed(const StatfeedConfig& config, World& world)
    : config_{config},
      world_{world},
      totals_{config.totals},
      failover_{config.failover, world.clock.now()},
      servers_{Server{.ledger = Ledger{config.mapping}}, Server{.ledger = Ledger{config.mapping}}},
      started_{world.clock.now()},
      rate_since_{started_},
      ticked_{started_},
      statistics_old_{world.log, "statistics_old", 10},
      control_{world},
      resets_{world.metrics.counter("paceline_statfeed_resets_total",
                                    "Counters that restarted from zero.")},
      jumps_{world.metrics.counter("paceline_statfeed_jumps_total",
                                   "Counters that jumped implausibly and were bridged.")},
      switches_{world.metrics.counter("paceline_statfeed_switches_total",
                                      "Switches from one server of the pair to the other.")},
      published_{world.metrics.counter("paceline_statfeed_publications_total",
                                       "Messages published on channel stat.")},
      targets_gauge_{world.metrics.gauge("paceline_statfeed_targets", "Targets in the file.")},
      unseen_gauge_{world.metrics.gauge("paceline_statfeed_targets_not_visible",
                                        "Targets that the server in use does not fully know.")},
      age_gauge_{world.metrics.gauge("paceline_statfeed_age_seconds",
                                     "Since the server in use was last heard.")},
      in_use_gauge_{
          world.metrics.gauge("paceline_statfeed_in_use", "0 primary, 1 backup, -1 neither.")} {
  apply(config.targets);
  register_questions();
  tick_timer_ = world_.timers.every(
      std::min(config_.period, std::max<Duration>(config_.failover.silence / 4, 10ms)),
      [this] { tick(); });
}

std::size_t Statfeed::at(int server) {
  CHECK(server >= 0 && server < server_count);
  return static_cast<std::size_t>(server);
}

Statfeed::~Statfeed() {
  world_.timers.cancel(tick_timer_);
}

void Statfeed::attach(int server, Source& source) {
  auto& mine = servers_[at(server)];
  mine.source = &source;
  mine.view.configured = true;
  const Labels labels{{"server", server_name(server)}};
  mine.up = &world_.metrics.gauge("paceline_statfeed_server_up",
                                  "1 while the session with the server is usable.", labels);
  mine.updates = &world_.metrics.counter("paceline_statfeed_readings_total",
                                         "Values heard from the server.", labels);
  mine.late = &world_.metrics.counter("paceline_statfeed_late_total",
                                      "Values that came after a newer one, ignored.", labels);
}

std::optional<SourceState> Statfeed::state(int server) const {
  const auto& asked = servers_[at(server)];
  return asked.source ? std::optional{asked.state} : std::nullopt;
}

void Statfeed::stop() {
  for (auto& server : servers_)
    if (server.source) server.source->stop();
}

// ---- Targets

void Statfeed::apply(const Targets& targets) {
  const auto change = targets_index_.apply(objects_of(targets));
  for (auto& server : servers_) {
    for (const auto slot : change.removed) server.ledger.forget(slot);
    server.ledger.resize(targets_index_.capacity());
  }
  for (const auto slot : change.removed) totals_.forget(slot);
  totals_.resize(targets_index_.capacity());
  is_dirty_.resize(targets_index_.capacity());
  provisional_until_.resize(targets_index_.capacity());
  for (const auto slot : change.removed) provisional_until_[slot] = {};
  // Who changed the targets wants to know what is not visible now.
  visibility_report_.repeat();
  targets_gauge_.set(static_cast<double>(targets.all.size()));
  assign_rows(shards_of(targets, config_.shards));
  targets_version_ = targets.version();
  for (auto& server : servers_)
    if (server.source) server.source->targets_changed(change);
}

// `shards`: of the targets in their order, which is that of the index.
void Statfeed::assign_rows(const std::vector<int>& shards) {
  shards_.resize(static_cast<std::size_t>(config_.shards));
  for (auto& shard : shards_) shard.slots.clear();
  row_of_.assign(targets_index_.capacity(), {});
  std::vector<std::vector<std::string>> ids(shards_.size());
  CHECK(shards.size() == targets_index_.order().size());
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const auto slot = targets_index_.order()[i];
    const auto& id = targets_index_.target(slot).id;
    const auto shard = static_cast<std::uint32_t>(shards[i]);
    row_of_[slot] = {shard, static_cast<std::uint32_t>(ids[shard].size())};
    ids[shard].push_back(id);
    shards_[shard].slots.push_back(slot);
  }
  for (std::size_t k = 0; k < shards_.size(); ++k) {
    auto& writer = shards_[k].writer;
    if (writer)
      writer->reset_ids(std::move(ids[k]));
    else
      writer = std::make_unique<StateWriter<TargetStat>>(
          world_, "stat",
          StateWriter<TargetStat>::Options{.ids = std::move(ids[k]),
                                           .keyframe = config_.keyframe,
                                           .shard = static_cast<int>(k)});
  }
  mark_all_dirty();
}

std::string Statfeed::take_targets(const Targets& targets) {
  const auto diff = diff_targets(config_.targets.all, targets.all);
  config_.targets = targets;
  apply(targets);
  world_.log.info("targets_reloaded",
                  {{"targets", targets_index_.order().size()}, {"what", diff.summary()}});
  return fmt::format("{} targets: {}", targets_index_.order().size(), diff.summary());
}

// ---- What sources say

void Statfeed::began(int server) {
  if (observer_) observer_->began(server);
  servers_[at(server)].ledger.begin_session();
}

void Statfeed::updated(int server, std::span<const StatisticUpdate> updates) {
  if (observer_) observer_->updated(server, updates);
  auto& mine = servers_[at(server)];
  const Instant now = world_.clock.now();
  const bool in_use = failover_.in_use() == server;
  if (mine.updates) mine.updates->add(static_cast<double>(updates.size()));
  if (in_use) updates_ += updates.size();
  for (const auto& update : updates) {
    const auto taken = mine.ledger.take(update, now);
    if (taken != Ledger::Taken::late)
      count(server, update, now);
    else if (mine.late)
      mine.late->add();
    if (in_use && (taken == Ledger::Taken::changed || mine.state.each_ages))
      mark_dirty(slot_of(update.statistic));
  }
  measure_lag(mine, updates);
  mine.view.newest_ms = mine.ledger.newest_ms();
  if (!mine.state.each_ages)
    mine.view.visible = mine.ledger.visible_slots();  // Else by look_at_ages().
  if (in_use && !dirty_.empty()) publish_soon();
}

// What a counter tells goes into the totals. Its target is provisional if the counter restarted or
// jumped.
void Statfeed::count(int server, const StatisticUpdate& update, Instant now) {
  const auto kind = kind_of(update.statistic);
  if (!is_counter(kind) || update.status != StatisticUpdate::Status::value) return;
  const auto slot = slot_of(update.statistic);
  const auto counter =
      static_cast<std::uint32_t>(kind) - static_cast<std::uint32_t>(StatisticKind::entered);
  switch (totals_.count(server, slot, counter, update.value, now)) {
    case Totals::Counted::first:
    case Totals::Counted::rise:
      return;
    case Totals::Counted::reset:
      resets_.add();
      break;
    case Totals::Counted::jump:
      jumps_.add();
      break;
  }
  if (failover_.in_use() == server) mark_provisional(slot, now);
}

// Its timestamps against our clock: of values of this moment, it is the way that they took.
void Statfeed::measure_lag(Server& server, std::span<const StatisticUpdate> updates) const {
  if (!config_.replay_file.empty()) return;  // Of another day.
  const auto now_ms = ms_since_1970(world_.clock.wall());
  for (const auto& update : updates) {
    if (update.timestamp_ms <= 0) continue;
    const double lag_s = static_cast<double>(now_ms - update.timestamp_ms) / 1000;
    server.lag_s = server.lag_s ? std::min(*server.lag_s, lag_s) : lag_s;
  }
}

void Statfeed::tell_lags() {
  for (auto& server : servers_) {
    if (!server.lag_s) continue;
    if (!server.lag)
      server.lag = &world_.metrics.gauge(
          "paceline_statfeed_value_lag_seconds",
          "By which the newest value of a second was behind our clock by its timestamp.",
          {{"server", server_name(static_cast<int>(&server - servers_.data()))}});
    server.told_lag_s = std::exchange(server.lag_s, std::nullopt);
    server.lag->set(*server.told_lag_s);
  }
}

void Statfeed::heard(int server) {
  if (observer_) observer_->heard(server);
  servers_[at(server)].view.heard = world_.clock.now();
  heard_since_mark_[at(server)] = true;
}

void Statfeed::became(int server, const SourceState& state) {
  if (observer_) observer_->became(server, state);
  auto& mine = servers_[at(server)];
  if (mine.state == state) return;
  if (state.polled != mine.state.polled)
    mine.polled_since = state.polled ? std::optional{world_.clock.now()} : std::nullopt;
  mine.state = state;
  mine.view.complete = state.complete;
  mine.view.available = state.available;
  mine.view.lost = state.lost;
  publish_soon();
}

void Statfeed::mark_provisional(std::uint32_t slot, Instant now) {
  const Instant until = now + config_.failover.grace;
  if (provisional_until_[slot] == until) return;  // Three counters of one target.
  provisional_until_[slot] = until;
  provisional_ends_.emplace_back(until, slot);
  mark_dirty(slot);
}

void Statfeed::end_provisional(Instant now) {
  for (; !provisional_ends_.empty() && provisional_ends_.front().first <= now;
       provisional_ends_.pop_front())
    if (const auto slot = provisional_ends_.front().second; targets_index_.used(slot))
      mark_dirty(slot);
}

// ---- Which server is used

void Statfeed::tick() {
  const Instant now = world_.clock.now();
  follow(failover_.step({servers_[0].view, servers_[1].view}, now));
  mark_totals(now);
  end_provisional(now);
  if (now - rate_since_ >= visibility_period) {
    updates_per_second_ = static_cast<double>(updates_) / to_seconds(now - rate_since_);
    updates_ = 0;
    rate_since_ = now;
    report_visibility();
    tell_lags();
    look_at_ages(now);
    if (const auto in_use = failover_.in_use())
      if (const auto& state = servers_[at(*in_use)].state; state.each_ages || state.polled)
        mark_all_dirty();
  }
  publish();
}

// The servers are held against each other only where neither is behind: after a switch, a silence or
// a stop of our own, one may have told what came meanwhile, and the other not yet.
void Statfeed::mark_totals(Instant now) {
  if (now - std::exchange(ticked_, now) > config_.failover.silence) stood_still_ = now;
  const auto in_use = failover_.in_use();
  if (!in_use || !failover_.live()) return;
  if (!std::exchange(heard_since_mark_[at(*in_use)], false) || failover_.provisional(now)) return;
  if (stood_still_ && now - *stood_still_ < config_.failover.grace) return;
  auto& other_heard = heard_since_mark_[at(1 - *in_use)];
  const bool both = failover_.usable(servers_[at(1 - *in_use)].view, now);
  if (both && !other_heard) return;  // It will be.
  totals_.mark(both);
  other_heard = false;
}

// Where each value ages by itself, a server that is heard may yet say nothing of some targets.
void Statfeed::look_at_ages(Instant now) {
  for (auto& server : servers_)
    if (server.state.each_ages) server.view.visible = server.ledger.fresh_slots(config_.stale, now);
  const auto in_use = failover_.in_use();
  if (!in_use || !servers_[at(*in_use)].state.each_ages) return;
  const auto& mine = servers_[at(*in_use)];
  const auto old = mine.ledger.visible_slots() - mine.view.visible;
  if (old > 0 && failover_.live())
    statistics_old_.bad({{"server", server_name(*in_use)},
                         {"targets", old},
                         {"of", targets_index_.order().size()},
                         {"older_than", config_.stale}});
  else
    statistics_old_.good();
}

void Statfeed::follow(const Failover::Outcome& outcome) {
  const auto in_use = failover_.in_use();
  if (outcome.switched) {
    totals_.use(*in_use);
    mark_all_dirty();
    if (outcome.why != Failover::Why::first) switches_.add();
    last_why_ = outcome.why;
    switched_at_ = world_.clock.now();
    world_.log.info("source_switched",
                    {{"to", server_name(*in_use)}, {"why", to_string(outcome.why)}});
  }
  if (outcome.lost) world_.log.warn("statistics_lost", {{"last", server_name(*in_use)}});
  if (outcome.found && !outcome.switched)
    world_.log.info("statistics_found", {{"from", server_name(*in_use)}});
  in_use_gauge_.set(in_use && failover_.live() ? *in_use : -1);
  for (const auto& server : servers_)
    if (server.up) server.up->set(failover_.usable(server.view, world_.clock.now()) ? 1 : 0);
}

}  // namespace paceline::statfeed
