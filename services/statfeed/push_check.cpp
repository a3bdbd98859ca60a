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
  for (std::size_t i = 0; i < statistic_kind_count; ++i)
    patience_[i] = patience_of(static_cast<StatisticKind>(i), mapping.statistics[i], patience);
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
  if (statistic >= told_.capacity()) told_.reserve(statistic + 1 + statistic / 8);
  if (statistic >= told_.size()) told_.resize(statistic + 1);
  differences_.erase(statistic);
  auto& told = told_[statistic];
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
  const auto patience = patience_[statistic % statistic_kind_count];
  if (!patience || statistic >= told_.size() || told_[statistic].timestamp_ms == Told::never)
    return std::nullopt;
  const auto& told = told_[statistic];
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
