#include "services/statfeed/service.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/base/check.h"
#include "common/base/hash.h"
#include "services/statfeed/visibility.h"
#include "topology/targets_diff.h"

namespace paceline::statfeed {
namespace {

constexpr std::array<const char*, server_count> server_names{"primary", "backup"};
constexpr Duration visibility_period = 1s;
constexpr std::size_t names_shown = 20;

std::int32_t whole(double value) {
  if (!(value > 0)) return 0;
  return static_cast<std::int32_t>(std::min<double>(std::round(value), max_count));
}

double seconds(double value) {
  return std::isfinite(value) && value > 0 ? std::min(value, max_seconds) : 0;
}

std::vector<TargetObjects> objects_of(const Targets& targets) {
  std::vector<TargetObjects> objects;
  objects.reserve(targets.all.size());
  for (const auto& target : targets.all)
    objects.push_back({target.id, target.group, target.queue, target.media_channel});
  return objects;
}

std::size_t at(int server) {
  CHECK(server >= 0 && server < server_count);
  return static_cast<std::size_t>(server);
}

}  // namespace

Statfeed::Statfeed(const StatfeedConfig& config, World& world)
    : config_{config},
      world_{world},
      totals_{config.totals},
      failover_{config.failover, world.clock.now()},
      servers_{make_server(0), make_server(1)},
      started_{world.clock.now()},
      rate_since_{started_},
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

Statfeed::Server Statfeed::make_server(int server) {
  const Labels labels{{"server", server_names[at(server)]}};
  return {.source = nullptr,
          .ledger = Ledger{config_.mapping},
          .view = {},
          .state = {},
          .up = world_.metrics.gauge("paceline_statfeed_server_up",
                                     "1 while the session with the server is usable.", labels),
          .updates = world_.metrics.counter("paceline_statfeed_readings_total",
                                            "Values heard from the server.", labels),
          .late = world_.metrics.counter("paceline_statfeed_late_total",
                                         "Values that came after a newer one, ignored.", labels)};
}

Statfeed::~Statfeed() {
  world_.timers.cancel(tick_timer_);
}

void Statfeed::attach(int server, Source& source) {
  auto& mine = servers_[at(server)];
  mine.source = &source;
  mine.view.configured = true;
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
  statistics_told_ = lacking_told_ =
      0;  // Who changed the targets wants to know what is not visible now.
  targets_gauge_.set(static_cast<double>(targets.all.size()));
  assign_rows();
  targets_version_ = targets.version();
  for (auto& server : servers_)
    if (server.source) server.source->targets_changed(change);
}

void Statfeed::assign_rows() {
  shards_.resize(static_cast<std::size_t>(config_.shards));
  for (auto& shard : shards_) shard.slots.clear();
  row_of_.assign(targets_index_.capacity(), {});
  std::vector<std::vector<std::string>> ids(shards_.size());
  for (const auto slot : targets_index_.order()) {
    const auto& id = targets_index_.target(slot).id;
    const auto shard = static_cast<std::uint32_t>(shard_of(id, config_.shards));
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
  servers_[at(server)].ledger.begin_session();
}

void Statfeed::updated(int server, std::span<const StatisticUpdate> updates) {
  auto& mine = servers_[at(server)];
  const Instant now = world_.clock.now();
  const bool in_use = failover_.in_use() == server;
  mine.updates.add(static_cast<double>(updates.size()));
  if (in_use) updates_ += updates.size();
  for (const auto& update : updates) {
    const auto taken = mine.ledger.take(update, now);
    if (taken == Ledger::Taken::late) mine.late.add();
    const auto slot = slot_of(update.statistic);
    const auto kind = kind_of(update.statistic);
    if (is_counter(kind) && update.status == StatisticUpdate::Status::value &&
        taken != Ledger::Taken::late) {
      const auto counter =
          static_cast<std::uint32_t>(kind) - static_cast<std::uint32_t>(StatisticKind::entered);
      switch (totals_.count(server, slot, counter, update.value, now)) {
        case Totals::Counted::first:
        case Totals::Counted::rise:
          break;
        case Totals::Counted::reset:
          resets_.add();
          if (in_use) mark_provisional(slot, now);
          break;
        case Totals::Counted::jump:
          jumps_.add();
          if (in_use) mark_provisional(slot, now);
          break;
      }
    }
    if (in_use && (taken == Ledger::Taken::changed || mine.state.each_ages)) mark_dirty(slot);
  }
  mine.view.newest_ms = mine.ledger.newest_ms();
  mine.view.visible = mine.ledger.visible_slots();
  if (in_use && !dirty_.empty()) publish_soon();
}

void Statfeed::heard(int server) {
  auto& mine = servers_[at(server)];
  mine.view.heard = world_.clock.now();
  if (failover_.in_use() == server) heard_since_mark_ = true;
}

void Statfeed::became(int server, const SourceState& state) {
  auto& mine = servers_[at(server)];
  if (mine.state == state) return;
  mine.state = state;
  mine.view.complete = state.complete;
  mine.view.available = state.available;
  mine.view.lost = state.lost;
  publish_soon();
}

// ---- What goes out

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

void Statfeed::mark_dirty(std::uint32_t slot) {
  if (is_dirty_[slot]) return;
  is_dirty_[slot] = true;
  dirty_.push_back(slot);
}

void Statfeed::mark_all_dirty() {
  for (const auto slot : dirty_) is_dirty_[slot] = false;
  dirty_ = targets_index_.order();
  for (const auto slot : dirty_) is_dirty_[slot] = true;
}

// Changes wait a moment for their like, not for the next period.
void Statfeed::publish_soon() {
  if (publishing_soon_ || config_.debounce >= config_.period) return;
  publishing_soon_ = true;
  world_.timers.after(config_.debounce, [this] {
    publishing_soon_ = false;
    follow(failover_.step({servers_[0].view, servers_[1].view}, world_.clock.now()));
    publish();
  });
}

void Statfeed::tick() {
  const Instant now = world_.clock.now();
  follow(failover_.step({servers_[0].view, servers_[1].view}, now));
  if (heard_since_mark_ && failover_.live()) totals_.mark();
  heard_since_mark_ = false;
  end_provisional(now);
  if (now - rate_since_ >= visibility_period) {
    updates_per_second_ = static_cast<double>(updates_) / to_seconds(now - rate_since_);
    updates_ = 0;
    rate_since_ = now;
    report_visibility();
    if (const auto in_use = failover_.in_use(); in_use && servers_[at(*in_use)].state.each_ages)
      mark_all_dirty();
  }
  publish();
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
                    {{"to", server_names[at(*in_use)]}, {"why", to_string(outcome.why)}});
  }
  if (outcome.lost) world_.log.warn("statistics_lost", {{"last", server_names[at(*in_use)]}});
  if (outcome.found && !outcome.switched)
    world_.log.info("statistics_found", {{"from", server_names[at(*in_use)]}});
  in_use_gauge_.set(in_use && failover_.live() ? *in_use : -1);
  for (std::size_t i = 0; i < servers_.size(); ++i)
    servers_[i].up.set(failover_.usable(servers_[i].view, world_.clock.now()) ? 1 : 0);
}

Duration Statfeed::age(Instant now) const {
  const auto in_use = failover_.in_use();
  const auto heard = in_use ? servers_[at(*in_use)].view.heard : std::nullopt;
  return now - heard.value_or(started_);
}

StatQuality Statfeed::condition(Instant now) const {
  const auto in_use = failover_.in_use();
  if (!in_use) return StatQuality::not_visible;
  if (age(now) > config_.stale || !servers_[at(*in_use)].view.available) return StatQuality::stale;
  return failover_.provisional(now) ? StatQuality::provisional : StatQuality::good;
}

TargetStat Statfeed::row(std::uint32_t slot, Instant now) const {
  TargetStat row;
  const auto in_use = failover_.in_use();
  if (!in_use) return row;
  const auto& ledger = servers_[at(*in_use)].ledger;
  const auto agents = [&](StatisticKind kind) { return whole(ledger.value(slot, kind)); };
  row.quality = ledger.visible(slot) ? condition_ : StatQuality::not_visible;
  if (row.quality == StatQuality::good && now < provisional_until_[slot])
    row.quality = StatQuality::provisional;
  row.logged_in = agents(StatisticKind::logged_in);
  row.ready = agents(StatisticKind::ready);
  row.busy = agents(StatisticKind::busy);
  row.after_call_work = agents(StatisticKind::after_call_work);
  row.not_ready = agents(StatisticKind::not_ready);
  row.in_queue = agents(StatisticKind::in_queue);
  row.entered = totals_.total(slot, 0);
  row.answered = totals_.total(slot, 1);
  row.abandoned = totals_.total(slot, 2);
  row.handling_time_s = seconds(ledger.value(slot, StatisticKind::handling_time));
  row.waiting_time_s = seconds(ledger.value(slot, StatisticKind::waiting_time));
  row.age_s = static_cast<double>(age_s_);
  if (servers_[at(*in_use)].state.each_ages && ledger.visible(slot)) {
    const Duration old = now - ledger.oldest(slot);
    row.age_s = std::max(row.age_s, std::floor(to_seconds(old)));
    if (old > config_.stale) row.quality = StatQuality::stale;
  }
  return row;
}

StatSource Statfeed::head(Instant now) {
  StatSource head;
  const auto in_use = failover_.in_use();
  if (in_use && failover_.live())
    head.in_use = config_.replay_file.empty() ? server_names[at(*in_use)] : "replay";
  head.primary_up = failover_.usable(servers_[0].view, now);
  head.backup_up = failover_.usable(servers_[1].view, now);
  head.switches = failover_.switches();
  head.targets_visible = in_use ? servers_[at(*in_use)].ledger.visible_slots() : 0;
  head.targets_unseen =
      static_cast<std::uint32_t>(targets_index_.order().size()) - head.targets_visible;
  head.updates_per_second = updates_per_second_;
  return head;
}

void Statfeed::publish() {
  const Instant now = world_.clock.now();
  const Duration old = age(now);
  // A row's age is zero while the server is live, so that a quiet target's row does not change.
  const auto age_s = old <= config_.failover.silence
                         ? 0
                         : std::chrono::duration_cast<std::chrono::seconds>(old).count();
  if (const auto now_is = condition(now); now_is != condition_ || age_s != age_s_) {
    condition_ = now_is;
    age_s_ = age_s;
    mark_all_dirty();
  }
  for (const auto slot : dirty_) {
    is_dirty_[slot] = false;
    const auto place = row_of_[slot];
    shards_[place.shard].writer->set(place.row, row(slot, now));
  }
  dirty_.clear();
  const auto source = head(now);
  for (auto& shard : shards_) shard.writer->publish(source, old);
  published_.add(static_cast<double>(shards_.size()));
  age_gauge_.set(to_seconds(old));
  unseen_gauge_.set(source.targets_unseen);
}

// ---- For people

// Once for each change that has settled: a session that is being filled is not worth a line a
// second.
void Statfeed::report_visibility() {
  const auto in_use = failover_.in_use();
  if (!in_use) return;
  const auto seen =
      visibility_of(servers_[at(*in_use)].ledger, targets_index_, config_.mapping, names_shown);
  const bool settled = seen.statistics_mark == visibility_before_;
  visibility_before_ = seen.statistics_mark;
  if (!settled) return;
  const auto* server = server_names[at(*in_use)];
  if (std::exchange(statistics_told_, seen.statistics_mark) != seen.statistics_mark &&
      seen.statistics > 0)
    world_.log.warn(
        "statistics_not_visible",
        {{"statistics", seen.statistics}, {"server", server}, {"targets_by_figure", seen.by_kind}});
  if (std::exchange(lacking_told_, seen.targets_mark) == seen.targets_mark) return;
  if (seen.targets > 0)
    world_.log.warn("targets_not_visible", {{"targets", seen.targets},
                                            {"of", targets_index_.order().size()},
                                            {"server", server},
                                            {"names", seen.names}});
  else if (targets_told_)
    world_.log.info("targets_visible", {{"targets", targets_index_.order().size()}});
  targets_told_ = seen.targets > 0;
}

void Statfeed::fill_status(StatusReply& reply) {
  const Instant now = world_.clock.now();
  const auto source = head(now);
  const auto add = [&](std::string key, std::string value) {
    reply.fields.push_back({std::move(key), std::move(value)});
  };
  add("in_use", source.in_use.empty() ? "none" : source.in_use);
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    const auto& server = servers_[i];
    if (!server.source) continue;
    const std::string name = server_names[i];
    add(name, config_.replay_file.empty() ? config_.servers[i] : config_.replay_file);
    add(name + "_up", failover_.usable(server.view, now) ? "true" : "false");
    add(name + "_mode", server.state.each_ages ? "one by one"
                        : server.state.pushing ? "push"
                                               : "poll");
    add(name + "_session", server.state.lost       ? "lost"
                           : server.state.complete ? "complete"
                                                   : "filling");
    add(name + "_service", server.state.available ? "available" : "unavailable");
    add(name + "_heard_ago",
        server.view.heard ? format_duration(std::chrono::duration_cast<std::chrono::milliseconds>(
                                now - *server.view.heard))
                          : "never");
    add(name + "_targets_visible", std::to_string(server.ledger.visible_slots()));
    add(name + "_statistics_unknown", std::to_string(server.state.unseen));
  }
  add("targets", std::to_string(targets_index_.order().size()));
  add("targets_version", targets_version_);
  add("targets_not_visible", std::to_string(source.targets_unseen));
  add("switches", std::to_string(source.switches));
  add("in_use_because", to_string(last_why_));
  add("in_use_for",
      switched_at_
          ? format_duration(std::chrono::duration_cast<std::chrono::seconds>(now - *switched_at_))
          : "-");
  add("provisional", failover_.provisional(now) ? "true" : "false");
  add("age", format_duration(std::chrono::duration_cast<std::chrono::milliseconds>(age(now))));
  add("updates_per_second", std::to_string(source.updates_per_second));
  add("counter_resets", std::to_string(static_cast<std::uint64_t>(resets_.value())));
  add("counter_jumps", std::to_string(static_cast<std::uint64_t>(jumps_.value())));
}

void Statfeed::register_questions() {
  control_.status([this](StatusReply& reply) { fill_status(reply); });
  for (int shard = 0; shard < config_.shards; ++shard)
    control_.keyframe("stat", shard, [this, shard] { return writer(shard).keyframe(); });
  control_.question("switch", [this](const ControlServer::Arguments&) -> Result<Bytes> {
    const auto in_use = failover_.in_use();
    const Instant now = world_.clock.now();
    if (!in_use) return fail(Errc::unavailable, "no server is in use yet");
    if (!failover_.usable(servers_[at(1 - *in_use)].view, now))
      return fail(Errc::refused, std::string{server_names[at(1 - *in_use)]} + " is not usable");
    failover_.ask_switch(now);
    follow(failover_.step({servers_[0].view, servers_[1].view}, now));
    publish();
    StatusReply reply;
    fill_status(reply);
    return encode(reply);
  });
  control_.question("unseen", [this](const ControlServer::Arguments&) -> Result<Bytes> {
    StatusReply reply;
    if (const auto in_use = failover_.in_use())
      reply.fields =
          missing_statistics(servers_[at(*in_use)].ledger, targets_index_, config_.mapping);
    return encode(reply);
  });
}

}  // namespace paceline::statfeed
