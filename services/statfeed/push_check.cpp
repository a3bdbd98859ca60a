#include "services/statfeed/push_check.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "services/statfeed/ledger.h"

namespace paceline::statfeed {
namespace {

// Counts are whole: less is how a number is written.
bool same(std::optional<double> one, std::optional<double> other) {
  if (!one || !other) return one.has_value() == other.has_value();
  return std::abs(*one - *other) < 1;
}

std::optional<Duration> patience_of(StatisticKind kind, const MappedStatistic& mapped,
                                    Duration patience) {
  if (kind == StatisticKind::handling_time || kind == StatisticKind::waiting_time)
    return std::nullopt;
  if (!mapped.definition) return patience;
  if (mapped.definition->insensitivity > 0 ||
      mapped.definition->notification_mode == "NoNotification")
    return std::nullopt;
  return patience + std::chrono::seconds{mapped.definition->notification_frequency};
}

}  // namespace

PushCheck::PushCheck(const Mapping& mapping, Duration patience) {
  for (std::size_t i = 0; i < statistic_kind_count; ++i) {
    const MappedStatistic& mapped = mapping.statistics[i];
    if (mapped.asked) patience_[i] = patience_of(static_cast<StatisticKind>(i), mapped, patience);
    if (patience_[i]) place_[i] = compared_++;
  }
}

// Where in told_; nothing: it is not compared.
std::optional<std::size_t> PushCheck::place_of(Statistic statistic) const {
  const auto kind = statistic % statistic_kind_count;
  if (!patience_[kind]) return std::nullopt;
  return std::size_t{slot_of(statistic)} * compared_ + place_[kind];
}

void PushCheck::begin() {
  told_.clear();
  differences_.clear();
}

std::optional<double> PushCheck::Told::number() const {
  return std::isnan(value) ? std::nullopt : std::optional{value};
}

void PushCheck::told(Statistic statistic, std::optional<double> value, std::int64_t timestamp_ms,
                     Instant now) {
  const auto place = place_of(statistic);
  if (!place) return;
  if (*place >= told_.capacity()) told_.reserve(*place + 1 + *place / 8);
  if (*place >= told_.size()) told_.resize(*place + 1);
  if (!differences_.empty()) differences_.erase(statistic);
  auto& told = told_[*place];
  told.at = now;
  const auto behind_ms = told.timestamp_ms - timestamp_ms;
  if (told.timestamp_ms != Told::never && timestamp_ms > 0 && behind_ms > 0 &&
      behind_ms < Ledger::reorder_window_ms)
    return;
  told.value = value.value_or(std::numeric_limits<double>::quiet_NaN());
  told.timestamp_ms = std::max<std::int64_t>(timestamp_ms, 0);
}

std::optional<PushCheck::Contradiction> PushCheck::polled(Statistic statistic, Batches::Id batch,
                                                          std::optional<double> value,
                                                          Instant asked, Instant now) {
  const auto place = place_of(statistic);
  if (!place || *place >= told_.size() || told_[*place].timestamp_ms == Told::never)
    return std::nullopt;
  const auto patience = patience_[statistic % statistic_kind_count];
  const auto& told = told_[*place];
  if (told.at >= asked)
    return std::nullopt;  // The push is alive for it; which is newer, who knows.
  const auto found = differences_.find(statistic);
  if (same(told.number(), value)) {
    if (found != differences_.end()) differences_.erase(found);
    return std::nullopt;
  }
  if (found == differences_.end()) {
    if (differences_.size() < max_suspects)
      differences_[statistic] = {.batch = batch, .since = asked, .ask_at = now + *patience};
    return std::nullopt;
  }
  if (asked - found->second.since < *patience) return std::nullopt;
  return Contradiction{.statistic = statistic,
                       .pushed = told.number(),
                       .polled = value,
                       .since = now - found->second.since};
}

std::optional<PushCheck::Suspect> PushCheck::to_ask(Instant now) {
  for (auto& [statistic, difference] : differences_) {
    if (difference.ask_at > now) continue;
    difference.ask_at = now + *patience_[statistic % statistic_kind_count];
    return Suspect{.statistic = statistic, .batch = difference.batch};
  }
  return std::nullopt;
}

std::optional<Instant> PushCheck::due() const {
  std::optional<Instant> soonest;
  for (const auto& [statistic, difference] : differences_)
    soonest = soonest ? std::min(*soonest, difference.ask_at) : difference.ask_at;
  return soonest;
}

}  // namespace paceline::statfeed
