#include "services/statfeed/ledger.h"

#include <algorithm>

#include "common/base/check.h"

namespace paceline::statfeed {
namespace {

// What lies beyond is no time of day.
constexpr std::int64_t year_2200_ms = 7'258'118'400'000;

}  // namespace

Ledger::Ledger(const Mapping& mapping) {
  for (std::size_t i = 0; i < statistic_kind_count; ++i) {
    needed_[i] = mapping.statistics[i].needed;
    if (needed_[i]) place_[i] = needed_count_++;
  }
  CHECK(needed_count_ > 0);  // Otherwise a target would be visible without anything heard.
}

void Ledger::resize(std::uint32_t slots) {
  CHECK(slots >= lacking_.size());
  const std::size_t statistics = std::size_t{slots} * statistic_kind_count;
  values_.resize(statistics);
  timestamps_.resize(statistics);
  read_at_.resize(std::size_t{slots} * needed_count_);
  known_.resize(statistics, Known::unheard);
  lacking_.resize(slots, needed_count_);
}

void Ledger::forget(std::uint32_t slot) {
  if (lacking_[slot] == 0) --visible_slots_;
  lacking_[slot] = needed_count_;
  const auto begin = static_cast<std::ptrdiff_t>(std::size_t{slot} * statistic_kind_count);
  std::fill_n(values_.begin() + begin, statistic_kind_count, 0.0);
  std::fill_n(timestamps_.begin() + begin, statistic_kind_count, 0);
  std::fill_n(known_.begin() + begin, statistic_kind_count, Known::unheard);
}

std::optional<StatisticUpdate> Ledger::last(Statistic statistic) const {
  StatisticUpdate update{.statistic = statistic, .timestamp_ms = timestamps_[statistic]};
  switch (known_[statistic]) {
    case Known::unheard:
      return std::nullopt;
    case Known::value:
      update.value = values_[statistic];
      break;
    case Known::invalid:
      update.status = StatisticUpdate::Status::invalid;
      break;
    case Known::unseen:
      update.status = StatisticUpdate::Status::unseen;
      break;
  }
  return update;
}

void Ledger::begin_session() {
  std::ranges::fill(timestamps_, 0);
  newest_ms_ = 0;
}

void Ledger::set_known(Statistic statistic, Known known) {
  const bool had = known_[statistic] == Known::value;
  const bool has = known == Known::value;
  known_[statistic] = known;
  if (had == has || !needed_[statistic % statistic_kind_count]) return;
  auto& lacking = lacking_[slot_of(statistic)];
  if (has) {
    if (--lacking == 0) ++visible_slots_;
  } else {
    if (lacking++ == 0) --visible_slots_;
  }
}

Instant Ledger::oldest(std::uint32_t slot) const {
  const auto first = read_at_.begin() + static_cast<std::ptrdiff_t>(slot) * needed_count_;
  return *std::min_element(first, first + needed_count_);
}

std::uint32_t Ledger::fresh_slots(Duration most, Instant now) const {
  std::uint32_t fresh = 0;
  for (std::uint32_t slot = 0; slot < slots(); ++slot)
    if (visible(slot) && now - oldest(slot) <= most) ++fresh;
  return fresh;
}

Ledger::Taken Ledger::take(const StatisticUpdate& update, Instant now) {
  const auto i = update.statistic;
  CHECK(i < values_.size());
  if (update.timestamp_ms > 0 && update.timestamp_ms < year_2200_ms) {
    const auto behind = timestamps_[i] - update.timestamp_ms;
    if (behind > 0 && behind < reorder_window_ms) return Taken::late;
    timestamps_[i] = update.timestamp_ms;
    newest_ms_ = std::max(newest_ms_, update.timestamp_ms);
  }
  if (const auto kind = i % statistic_kind_count; needed_[kind])
    read_at_[std::size_t{slot_of(i)} * needed_count_ + place_[kind]] = now - update.age;
  Known known = Known::unseen;
  switch (update.status) {
    case StatisticUpdate::Status::value:
      known = Known::value;
      break;
    case StatisticUpdate::Status::invalid:
      known = Known::invalid;
      break;
    case StatisticUpdate::Status::unseen:
      known = Known::unseen;
      break;
  }
  const bool same = known_[i] == known && (known != Known::value || values_[i] == update.value);
  if (known == Known::value) values_[i] = update.value;
  set_known(i, known);
  return same ? Taken::repeated : Taken::changed;
}

}  // namespace paceline::statfeed
