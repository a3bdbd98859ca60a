// What statfeed publishes: which rows changed, what is in them, and when they go out.
#include <algorithm>
#include <cmath>

#include "common/base/utf8.h"
#include "services/statfeed/service.h"

namespace paceline::statfeed {
namespace {

std::int32_t whole(double value) {
  if (!(value > 0)) return 0;
  return static_cast<std::int32_t>(std::min<double>(std::round(value), max_count));
}

double seconds(double value) {
  return std::isfinite(value) && value > 0 ? std::min(value, max_seconds) : 0;
}

}  // namespace

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
  if (ledger.known(slot, StatisticKind::slots) == Ledger::Known::value)
    row.slots = agents(StatisticKind::slots);
  if (ledger.known(slot, StatisticKind::in_handling) == Ledger::Known::value)
    row.in_handling = agents(StatisticKind::in_handling);
  row.age_s = static_cast<double>(age_s_);
  const Duration old = own_age(servers_[at(*in_use)], slot, now);
  row.age_s = std::max(row.age_s, std::floor(to_seconds(old))) +
              to_seconds(config_.value_delay[at(*in_use)]);
  if (old > config_.stale) row.quality = StatQuality::stale;
  return row;
}

// Where a server tells each number again and again, one that it tells no more grows old, whatever
// else it tells.
Duration Statfeed::own_age(const Server& server, std::uint32_t slot, Instant now) const {
  if (!server.ledger.visible(slot)) return Duration::zero();
  if (server.state.each_ages) return now - server.ledger.oldest(slot);
  if (!server.polled_since) return Duration::zero();
  const Duration old = now - std::max(server.ledger.oldest(slot), *server.polled_since);
  return old <= config_.failover.silence ? Duration::zero() : old;
}

// Why it serves nothing; "" = it does, or the site does not have it.
std::string Statfeed::trouble(const Server& server, Instant now) const {
  if (!server.view.configured || failover_.usable(server.view, now)) return {};
  if (!server.state.trouble.empty())
    return printable_ascii(server.state.trouble, max_trouble_bytes);
  if (!server.view.available) return "it says that it is not available";
  return server.view.heard ? "it is silent" : "it has told nothing yet";
}

StatSource Statfeed::head(Instant now) {
  StatSource head;
  const auto in_use = failover_.in_use();
  if (in_use && failover_.live())
    head.in_use = config_.replay_file.empty() ? server_name(*in_use) : "replay";
  head.primary_up = failover_.usable(servers_[0].view, now);
  head.backup_up = failover_.usable(servers_[1].view, now);
  head.switches = failover_.switches();
  head.targets_visible = in_use ? servers_[at(*in_use)].ledger.visible_slots() : 0;
  head.targets_unseen =
      static_cast<std::uint32_t>(targets_index_.order().size()) - head.targets_visible;
  head.updates_per_second = updates_per_second_;
  if (in_use && servers_[at(*in_use)].state.pushing)
    head.push_doubt = servers_[at(*in_use)].state.doubt;
  head.primary_trouble = trouble(servers_[0], now);
  head.backup_trouble = trouble(servers_[1], now);
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

}  // namespace paceline::statfeed
