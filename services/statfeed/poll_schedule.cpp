#include "services/statfeed/poll_schedule.h"

#include <algorithm>
#include <bit>
#include <unordered_set>

#include "services/statfeed/pause.h"

namespace paceline::statfeed {
namespace {

constexpr std::uint32_t pool_share = 4;  // Every fourth request at most is for an unknown one.

}  // namespace

PollSchedule::PollSchedule(Policy policy, const Mapping& mapping)
    : policy_{policy}, asked_{asked_kinds(mapping)}, permits_{policy.burst} {
  for (std::size_t i = 0; i < statistic_kind_count; ++i) needed_[i] = mapping.statistics[i].needed;
}

void PollSchedule::grow(std::uint32_t slot) {
  const std::size_t statistics = (std::size_t{slot} + 1) * statistic_kind_count;
  if (states_.size() >= statistics) return;
  states_.resize(statistics, State::absent);
  counted_.resize(statistics);
  pause_.resize(statistics);
}

void PollSchedule::set(Statistic statistic, State state) {
  auto& mine = states_[statistic];
  if (mine == State::unseen) --unseen_;
  if (state == State::unseen) ++unseen_;
  mine = state;
}

void PollSchedule::rebuild(std::span<const std::uint32_t> slots) {
  states_.clear();
  counted_.clear();
  pause_.clear();
  urgent_.clear();
  pool_ = {};
  unseen_ = 0;
  order_.assign(slots.begin(), slots.end());
  at_ = 0;
  kind_ = 0;
  rounds_ = 0;
  began_.reset();
  next_round_ = {};
  last_round_ = {};
  unanswered_ = order_.size() * static_cast<std::size_t>(std::popcount(asked_));
  for (const auto slot : order_) {
    grow(slot);
    for (std::uint32_t i = 0; i < statistic_kind_count; ++i) {
      if ((asked_ >> i & 1) == 0) continue;
      states_[slot * statistic_kind_count + i] = State::idle;
      counted_[slot * statistic_kind_count + i] = true;
    }
  }
}

void PollSchedule::add(std::span<const std::uint32_t> slots) {
  for (const auto slot : slots) {
    grow(slot);
    order_.push_back(slot);
    for (std::uint32_t i = 0; i < statistic_kind_count; ++i) {
      if ((asked_ >> i & 1) == 0) continue;
      set(slot * statistic_kind_count + i, State::urgent);
      urgent_.push_back(slot * statistic_kind_count + i);
    }
  }
}

void PollSchedule::remove(std::span<const std::uint32_t> slots) {
  const std::unordered_set<std::uint32_t> gone{slots.begin(), slots.end()};
  for (const auto slot : slots)
    for (std::uint32_t i = 0; i < statistic_kind_count; ++i) {
      const auto statistic = slot * statistic_kind_count + i;
      set(statistic, State::absent);
      pause_[statistic] = {};
      if (counted_[statistic]) --unanswered_;
      counted_[statistic] = false;
    }
  std::erase_if(urgent_, [&](Statistic one) { return gone.contains(slot_of(one)); });
  const auto before = std::min(at_, order_.size());
  at_ -= static_cast<std::size_t>(
      std::count_if(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(before),
                    [&](std::uint32_t slot) { return gone.contains(slot); }));
  if (at_ < order_.size() && gone.contains(order_[before])) kind_ = 0;
  std::erase_if(order_, [&](std::uint32_t slot) { return gone.contains(slot); });
}

bool PollSchedule::rests(std::uint32_t slot, StatisticKind kind) const {
  if (needed_[static_cast<std::size_t>(kind)] || rounds_ == 0) return false;
  return (slot + rounds_) % policy_.rest != 0;
}

std::optional<Statistic> PollSchedule::from_pool(Instant now) {
  while (!pool_.empty() && pool_.top().due <= now) {
    const auto statistic = pool_.top().statistic;
    pool_.pop();
    if (states_[statistic] == State::unseen) return statistic;  // Else of a target that left.
  }
  return std::nullopt;
}

std::optional<Statistic> PollSchedule::from_round(Instant now) {
  if (order_.empty()) return std::nullopt;
  if (!began_) {
    if (now < next_round_) return std::nullopt;
    began_ = now;
  }
  for (; at_ < order_.size(); ++at_, kind_ = 0)
    while (kind_ < statistic_kind_count) {
      const auto statistic = order_[at_] * statistic_kind_count + kind_;
      const auto kind = static_cast<StatisticKind>(kind_++);
      if (states_[statistic] == State::idle && !rests(order_[at_], kind)) return statistic;
    }
  last_round_ = std::max<Duration>(now - *began_, policy_.least);
  next_round_ = *began_ + policy_.least;
  began_.reset();
  at_ = 0;
  kind_ = 0;
  ++rounds_;
  return std::nullopt;
}

std::optional<Statistic> PollSchedule::choose(Instant now) {
  if (!urgent_.empty()) {
    const auto statistic = urgent_.front();
    urgent_.pop_front();
    return statistic;
  }
  if (++since_pool_ >= pool_share)
    if (const auto statistic = from_pool(now)) {
      since_pool_ = 0;
      return statistic;
    }
  if (const auto statistic = from_round(now)) return statistic;
  if (!began_ && now >= next_round_)  // One round just ended, and the next may begin at once.
    if (const auto statistic = from_round(now)) return statistic;
  return from_pool(now);
}

std::optional<Statistic> PollSchedule::next(Instant now) {
  permits_ =
      std::min(policy_.burst,
               permits_ + policy_.per_second * to_seconds(std::max(now - refilled_, Duration{})));
  refilled_ = now;
  if (permits_ < 1) return std::nullopt;
  const auto statistic = choose(now);
  if (!statistic) return std::nullopt;
  permits_ -= 1;
  set(*statistic, State::out);
  return statistic;
}

void PollSchedule::answered(Statistic statistic, Answer answer, Instant now) {
  if (statistic >= states_.size() || states_[statistic] != State::out) return;
  if (answer == Answer::failed) {
    set(statistic, State::urgent);
    urgent_.push_back(statistic);
    return;
  }
  if (counted_[statistic]) --unanswered_;
  counted_[statistic] = false;
  auto& pause = pause_[statistic];
  if (answer == Answer::value) {
    pause = Duration::zero();
    return set(statistic, State::idle);
  }
  pause = doubled(pause, policy_.unseen_min, policy_.unseen_max);
  set(statistic, State::unseen);
  pool_.push({now + pause, statistic});
}

Instant PollSchedule::due(Instant now) const {
  Instant due = now + 1min;
  if (!urgent_.empty() || (began_ && !order_.empty()))
    due = now;
  else if (!order_.empty())
    due = std::min(due, next_round_);
  if (!pool_.empty()) due = std::min(due, pool_.top().due);
  if (permits_ < 1)
    due = std::max(due, refilled_ + from_seconds((1 - permits_) / policy_.per_second));
  return std::max(due, now);
}

}  // namespace paceline::statfeed
