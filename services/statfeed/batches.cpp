#include "services/statfeed/batches.h"

#include <algorithm>
#include <unordered_set>

#include "common/base/check.h"
#include "services/statfeed/pause.h"

namespace paceline::statfeed {

void Batches::put(std::vector<Statistic> statistics, Duration unseen_pause, bool counts) {
  Batch batch;
  batch.statistics = std::move(statistics);
  batch.unseen_pause = unseen_pause;
  batch.answered = !counts;
  if (counts) ++unanswered_;
  summary_.reset();
  batches_.emplace(next_id_++, std::move(batch));
}

void Batches::answer(Batch& batch) {
  if (batch.answered) return;
  batch.answered = true;
  --unanswered_;
}

void Batches::erase(std::map<Id, Batch>::iterator batch) {
  answer(batch->second);
  summary_.reset();
  batches_.erase(batch);
}

const Batches::Summary& Batches::summary() const {
  if (summary_) return *summary_;
  const int most_failures = 2 * policy_.max_failures;
  Summary& all = summary_.emplace();
  for (const auto& [id, batch] : batches_) {
    if (batch.state == State::closed) all.open = std::min(all.open, batch.due);
    if (batch.state != State::open) continue;
    if (batch.failures >= most_failures) ++all.failing;
    if (batch.polling) continue;
    all.any_open = true;
    all.poll = std::min(all.poll, batch.due);
  }
  return all;
}

void Batches::rebuild(std::span<const std::uint32_t> slots) {
  batches_.clear();
  summary_.reset();
  pool_.clear();
  splits_ = 0;
  unanswered_ = 0;
  add(slots, true);
}

void Batches::add(std::span<const std::uint32_t> slots, bool counts) {
  std::vector<Statistic> statistics;
  for (const auto slot : slots)
    for (std::uint32_t kind = 0; kind < statistic_kind_count; ++kind) {
      if ((policy_.kinds >> kind & 1) == 0) continue;
      statistics.push_back(slot * statistic_kind_count + kind);
      if (statistics.size() < policy_.size) continue;
      put(std::move(statistics), Duration::zero(), counts);
      statistics.clear();
    }
  if (!statistics.empty()) put(std::move(statistics), Duration::zero(), counts);
}

std::vector<std::string> Batches::remove(std::span<const std::uint32_t> slots) {
  const std::unordered_set<std::uint32_t> gone{slots.begin(), slots.end()};
  const auto left = [&](Statistic statistic) { return gone.contains(slot_of(statistic)); };
  std::vector<std::string> unneeded;
  for (auto batch = batches_.begin(); batch != batches_.end();) {
    const auto next = std::next(batch);
    std::erase_if(batch->second.statistics, left);
    // One that is being opened stays until its answer names the subscription to close.
    if (batch->second.statistics.empty() && batch->second.state != State::opening) {
      if (batch->second.state == State::open) unneeded.push_back(batch->second.subscription);
      erase(batch);
    }
    batch = next;
  }
  std::erase_if(pool_, [&](const Unseen& one) { return left(one.statistic); });
  return unneeded;
}

std::optional<Batches::Id> Batches::next_to_open(Instant now) {
  if (std::ranges::any_of(pool_, [&](const Unseen& one) { return one.due <= now; })) {
    std::vector<Statistic> due;
    Duration pause{};
    std::erase_if(pool_, [&](const Unseen& one) {
      if (one.due > now || due.size() == policy_.size) return false;
      due.push_back(one.statistic);
      pause = std::max(pause, one.pause);
      return true;
    });
    put(std::move(due), pause, false);
  }
  if (summary().open > now) return std::nullopt;
  for (const auto& [id, batch] : batches_)
    if (batch.state == State::closed && batch.due <= now) return id;
  return std::nullopt;
}

// The one that waits longest.
std::optional<Batches::Id> Batches::next_to_poll(Instant now) {
  const Instant longest = summary().poll;
  if (longest > now) return std::nullopt;
  for (const auto& [id, batch] : batches_)
    if (batch.state == State::open && !batch.polling && batch.due == longest) return id;
  return std::nullopt;
}

bool Batches::any_open() const {
  return summary().any_open;
}

bool Batches::is_open(Id id, Statistic statistic) const {
  const auto batch = batches_.find(id);
  return batch != batches_.end() && batch->second.state == State::open &&
         std::ranges::find(batch->second.statistics, statistic) != batch->second.statistics.end();
}

std::optional<Batches::One> Batches::next_one() {
  std::uint64_t all = 0;
  for (const auto& [id, batch] : batches_)
    if (batch.state == State::open && !batch.polling) all += batch.statistics.size();
  if (all == 0) return std::nullopt;
  auto at = turn_++ % all;
  for (const auto& [id, batch] : batches_) {
    if (batch.state != State::open || batch.polling) continue;
    if (at < batch.statistics.size()) return One{.batch = id, .statistic = batch.statistics[at]};
    at -= batch.statistics.size();
  }
  return std::nullopt;
}

Batches::Batch* Batches::find(Id id) {
  const auto batch = batches_.find(id);
  if (batch == batches_.end()) return nullptr;
  summary_.reset();
  return &batch->second;
}

void Batches::poll_soon(Instant now) {
  summary_.reset();
  for (auto& [id, batch] : batches_)
    if (batch.state == State::open) batch.due = std::min(batch.due, now);
}

std::vector<std::string> Batches::subscriptions(std::size_t most) const {
  std::vector<std::string> all;
  for (const auto& [id, batch] : batches_)
    if (batch.state == State::open && all.size() < most) all.push_back(batch.subscription);
  return all;
}

bool Batches::opened(Id id, std::string subscription, const std::vector<Statistic>& unseen,
                     bool told, Instant now) {
  const auto entry = batches_.find(id);
  CHECK(entry != batches_.end());
  summary_.reset();
  auto& batch = entry->second;
  if (told) answer(batch);
  batch.told = told;
  if (!unseen.empty()) {
    const auto pause = doubled(batch.unseen_pause, policy_.unseen_min, policy_.unseen_max);
    const std::unordered_set<Statistic> unknown{unseen.begin(), unseen.end()};
    std::erase_if(batch.statistics, [&](Statistic statistic) {
      if (!unknown.contains(statistic)) return false;
      pool_.push_back({statistic, pause, now + pause});
      return true;
    });
  }
  if (batch.statistics.empty()) {
    erase(entry);
    return true;
  }
  batch.state = State::open;
  batch.subscription = std::move(subscription);
  batch.pause = Duration::zero();
  if (told) batch.failures = 0;
  batch.unseen_pause = Duration::zero();
  batch.due = now;
  return false;
}

void Batches::failed(Id id, Duration at_least, Instant now) {
  Batch& batch = *find(id);
  batch.pause = doubled(batch.pause, policy_.retry_min, policy_.retry_max);
  batch.due = now + std::max(batch.pause, at_least);
  if (batch.state == State::opening) batch.state = State::closed;
  if (++batch.failures >= policy_.max_failures) answer(batch);
  batch.polling = false;
  if (batch.statistics.empty()) erase(batches_.find(id));  // All its targets left meanwhile.
}

std::size_t Batches::failing() const {
  return summary().failing;
}

bool Batches::split(Id id, Instant now) {
  Batch& batch = *find(id);
  if (batch.statistics.size() < 2 || splits_ == policy_.splits) return false;
  ++splits_;
  const auto half =
      batch.statistics.begin() + static_cast<std::ptrdiff_t>(batch.statistics.size() / 2);
  std::vector<Statistic> second{half, batch.statistics.end()};
  batch.statistics.erase(half, batch.statistics.end());
  batch.state = State::closed;
  batch.due = now;
  put(std::move(second), batch.unseen_pause, !batch.answered);
  return true;
}

void Batches::reopen(Id id, Instant now) {
  Batch& batch = *find(id);
  batch.state = State::closed;
  batch.polling = false;
  batch.told = false;
  batch.missed.clear();
  batch.subscription.clear();
  batch.due = now;
}

std::optional<Instant> Batches::next_due(bool polls) const {
  std::optional<Instant> soonest;
  const auto consider = [&](Instant due) { soonest = soonest ? std::min(*soonest, due) : due; };
  const Summary& all = summary();
  if (all.open != Instant::max()) consider(all.open);
  if (polls && all.any_open) consider(all.poll);
  for (const auto& one : pool_) consider(one.due);
  return soonest;
}

}  // namespace paceline::statfeed
