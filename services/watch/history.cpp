#include "services/watch/history.h"

#include <algorithm>
#include <cmath>

#include "common/base/check.h"
#include "services/watch/work.h"

namespace paceline::watch {
namespace {

// A slice of a tidying: so many series, so that a chunk is closed in 40 of them.
constexpr std::uint32_t slices = 40;
constexpr std::uint32_t least_slice = 64;
// When the store is too large: at most so many of its oldest stretches go at once.
constexpr int most_forgotten = 8;

std::int64_t floor_divide(std::int64_t number, std::int64_t by) {
  return number / by - (number % by < 0 ? 1 : 0);
}

double share_of(std::int64_t part, std::int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

std::int64_t chunk_of(std::int64_t step, int tier) {
  const std::int64_t length = history_tiers[static_cast<std::size_t>(tier)].chunk;
  return floor_divide(step, length) * length;
}

std::size_t chunk_points(int tier) {
  return static_cast<std::size_t>(history_tiers[static_cast<std::size_t>(tier)].chunk);
}

std::vector<HistoryPoint> within(std::vector<HistoryPoint> points, std::int64_t from,
                                 std::int64_t to) {
  std::erase_if(points, [&](const HistoryPoint& point) {
    return point.key < from || point.key > to || !point.values.known();
  });
  return points;
}

// Columns that count agents: those of several targets are to be counted once.
bool of_agents(history::Column column) {
  return column == history::logged_in || column == history::ready;
}

}  // namespace

History::History(Options options, const std::vector<std::string>& ids, Store* store)
    : options_{options},
      targets_{static_cast<std::uint32_t>(ids.size())},
      store_{store},
      numbers_(ids.size() + 1),
      counted_(ids.size()) {
  if (const auto stored = attach(ids)) restore(*stored);
}

// The numbers of these series, and what waits in the store; nothing without one. A file that proves
// to be broken is a new one at the second try.
std::optional<std::vector<StoredSample>> History::attach(const std::vector<std::string>& ids) {
  for (std::uint32_t i = 0; i <= targets_; ++i) numbers_[i] = i;
  auto names = ids;
  names.emplace_back("");  // All together.
  for (int attempt = 0; store_ && attempt < 2; ++attempt) {
    auto numbers = store_->numbers(names);
    auto stored = numbers ? store_->samples() : tl::unexpected{numbers.error()};
    if (!stored) {
      failure_ = stored.error().detail;
      continue;
    }
    failure_.clear();
    numbers_ = *std::move(numbers);
    CHECK(numbers_.size() == targets_ + 1u);
    return *std::move(stored);
  }
  store_ = nullptr;
  return std::nullopt;
}

void History::renumber(const std::vector<std::string>& ids,
                       const std::vector<std::uint32_t>& before) {
  CHECK(ids.size() == before.size());
  for (auto& sample : samples_) {
    const std::vector<HistoryValues> old = sample.all();
    std::vector<HistoryValues> values(before.size() + 1);
    for (std::size_t i = 0; i < before.size(); ++i)
      if (before[i] == UINT32_MAX)
        values[i].at[history::reason] = HistoryValues::unknown;
      else
        values[i] = old[before[i]];
    values.back() = old.back();
    sample = PackedSample{sample.step(), values};
  }
  std::vector<Counted> counted(before.size());
  for (std::size_t i = 0; i < before.size(); ++i)
    if (before[i] != UINT32_MAX) counted[i] = counted_[before[i]];
  counted_ = std::move(counted);
  targets_ = static_cast<std::uint32_t>(ids.size());
  numbers_.resize(ids.size() + 1);
  closed_ = 0;  // What is closed twice is the same.
  attach(ids);
}

// Samples that were not closed yet when the last watch ended. What cannot be read is passed over:
// it is minutes of one past.
void History::restore(const std::vector<StoredSample>& stored) {
  std::vector<std::uint32_t> series_of;
  for (std::uint32_t i = 0; i < numbers_.size(); ++i) {
    if (numbers_[i] >= series_of.size()) series_of.resize(numbers_[i] + 1u, UINT32_MAX);
    series_of[numbers_[i]] = i;
  }
  for (const auto& row : stored) {
    const auto points = decode_points(row.points, max_rows + 1);
    if (!points || (!samples_.empty() && samples_.back().step() >= row.step)) {
      ++lost_;
      continue;
    }
    std::vector<HistoryValues> values(numbers_.size());
    for (auto& one : values) one.at[history::reason] = HistoryValues::unknown;
    for (const auto& point : *points)
      if (point.key >= 0 && point.key < static_cast<std::int64_t>(series_of.size()))
        if (const auto series = series_of[static_cast<std::size_t>(point.key)];
            series != UINT32_MAX)
          values[series] = point.values;
    samples_.emplace_back(row.step, values);
  }
  while (samples_.size() > most_samples) {
    samples_.pop_front();
    ++lost_;
  }
}

bool History::due(std::int64_t wall_ms) const {
  return samples_.empty() || floor_divide(wall_ms, options_.step_ms) != samples_.back().step();
}

HistoryValues History::values_of(const TargetRow& row, Counted& before) const {
  HistoryValues values;
  if (!row.has_pace && !row.has_stat) {
    values.at[history::reason] = HistoryValues::unknown;
    return values;
  }
  const Work work = work_of(row.stat);
  values.set(history::granted, row.pace.proactive);
  values.set(history::pending, row.pace.pending);
  values.set(history::max_pending, row.pace.max_pending);
  values.set(history::in_queue, row.stat.in_queue);
  values.set(history::logged_in, row.stat.logged_in);
  values.set(history::ready, row.stat.ready);
  values.set(history::occupancy, share_of(work.held, work.slots));
  values.set(history::abandonment, row.pace.abandonment);
  values.set(history::acceptance, row.pace.acceptance);
  values.set(history::reactive_state, row.pace.reactive_state);
  values.set(history::goal, row.has_pace ? row.pace.goal : row.name->options.optimization_goal);
  values.set(history::reason, static_cast<double>(row.pace.reason));
  const std::array<std::uint64_t, 4> now{row.feedback.sent, row.feedback.accepted,
                                         row.feedback.answered, row.feedback.abandoned};
  // The endpoint's counters begin anew with its epoch: then what they are is what was added.
  for (std::size_t i = 0; i < now.size(); ++i) {
    const std::uint64_t added = !before.ever             ? 0
                                : now[i] >= before.at[i] ? now[i] - before.at[i]
                                                         : now[i];
    values.set(static_cast<history::Column>(history::sent + i), static_cast<double>(added));
  }
  if (row.has_feedback) before = {.at = now, .ever = true};
  return values;
}

// Shares of all together are means: occupancy by slots, the others by what they are shares of.
HistoryValues History::sum_of(const TargetTable& table,
                              const std::vector<HistoryValues>& values) const {
  HistoryValues sum;
  sum.at[history::reason] = HistoryValues::unknown;
  std::array<double, history::count> totals{};
  std::array<std::size_t, pace_reasons> reasons{};
  double slots = 0, held = 0;
  double lost = 0, served = 0, invited = 0, taken = 0, open = 0, came = 0;
  bool any = false;
  for (std::uint32_t i = 0; i < targets_; ++i) {
    if (!values[i].known()) continue;
    any = true;
    const auto& row = table.row(i);
    for (const auto column : {history::granted, history::pending, history::max_pending,
                              history::in_queue, history::logged_in, history::ready, history::sent,
                              history::accepted, history::answered, history::abandoned})
      totals[column] += values[i].get(column) * (of_agents(column) ? row.name->counted : 1);
    const Work work = work_of(row.stat);
    slots += row.name->counted * static_cast<double>(work.slots);
    held += row.name->counted * static_cast<double>(work.held);
    const auto answers = static_cast<double>(row.feedback.answered + row.feedback.abandoned);
    served += answers;
    lost += answers * values[i].get(history::abandonment);
    invited += static_cast<double>(row.feedback.sent);
    taken += static_cast<double>(row.feedback.sent) * values[i].get(history::acceptance);
    const double entered = 1.0 + static_cast<double>(row.stat.entered);
    came += entered;
    open += entered * values[i].get(history::reactive_state);
    ++reasons[static_cast<std::size_t>(row.pace.reason)];
  }
  if (!any) return sum;
  for (std::size_t c = 0; c < history::count; ++c)
    sum.set(static_cast<history::Column>(c), totals[c]);
  sum.set(history::occupancy, slots > 0 ? held / slots : 0);
  sum.set(history::abandonment, served > 0 ? lost / served : 0);
  sum.set(history::acceptance, invited > 0 ? taken / invited : 0);
  sum.set(history::reactive_state, came > 0 ? open / came : 1);
  sum.at[history::reason] =
      static_cast<std::int32_t>(std::ranges::max_element(reasons) - reasons.begin());
  return sum;
}

Result<void> History::sample(const TargetTable& table, std::int64_t wall_ms) {
  CHECK(table.size() == targets_);
  const std::int64_t step = floor_divide(wall_ms, options_.step_ms);
  // The wall clock went back: what lies ahead of it cannot be ordered with what comes.
  while (!samples_.empty() && samples_.back().step() >= step) {
    samples_.pop_back();
    ++lost_;
  }
  if (samples_.size() >= most_samples) {
    samples_.pop_front();
    if (store_) ++lost_;
    closed_ = 0;
  }
  std::vector<HistoryValues> values(numbers_.size());
  for (std::uint32_t i = 0; i < targets_; ++i) values[i] = values_of(table.row(i), counted_[i]);
  values[targets_] = sum_of(table, values);
  samples_.emplace_back(step, values);
  if (!store_) return {};
  std::vector<HistoryPoint> points;
  points.reserve(numbers_.size());
  for (std::uint32_t i = 0; i < numbers_.size(); ++i)
    if (values[i].known()) points.push_back({numbers_[i], values[i]});
  StoreBatch batch;
  batch.samples.push_back({step, encode_points(points)});
  return store_->write(batch);
}

Result<void> History::close_slice(StoreBatch& batch, std::int64_t chunk, std::uint32_t until) {
  const std::int64_t last = chunk + history_tiers[0].chunk - 1;
  const auto slice = in_memory(closed_, until, chunk, last);
  for (std::uint32_t series = closed_; series < until; ++series) {
    const auto& points = slice[series - closed_];
    if (points.empty()) continue;
    const std::uint32_t number = numbers_[series];
    // What an earlier watch closed of this chunk before it ended is joined, not lost.
    const auto old = TRY(stored(0, series, chunk, last));
    const auto fine = merged(old, points);
    batch.chunks.push_back({0, chunk, number, encode_points(fine)});
    auto finer = fine;
    for (int tier = 1; tier < static_cast<int>(history_tiers.size()); ++tier) {
      const auto index = static_cast<std::size_t>(tier);
      const std::int64_t factor = history_tiers[index].factor / history_tiers[index - 1].factor;
      const auto rolled = roll_up(finer, factor);
      const std::int64_t first = chunk_of(rolled.front().key, tier);
      const auto known = TRY(stored(tier, series, first, first + history_tiers[index].chunk - 1));
      auto all = merged(known, rolled);
      batch.chunks.push_back({tier, first, number, encode_points(all)});
      // The next tier's step may begin before this chunk: it is made of all that is in it.
      if (index + 1 == history_tiers.size()) break;
      const std::int64_t next_factor =
          history_tiers[index + 1].factor / history_tiers[index].factor;
      const std::int64_t begin = floor_divide(rolled.front().key, next_factor) * next_factor;
      finer = within(std::move(all), begin, rolled.back().key);
    }
  }
  return {};
}

Result<bool> History::compact(std::int64_t wall_ms, bool may_forget) {
  if (samples_.empty() || !store_) return false;
  const std::int64_t chunk = chunk_of(samples_.front().step(), 0);
  const std::int64_t end = chunk + history_tiers[0].chunk;
  if (floor_divide(wall_ms, options_.step_ms) < end) return false;
  const auto all = static_cast<std::uint32_t>(numbers_.size());
  const std::uint32_t until = std::min(all, closed_ + std::max(least_slice, all / slices + 1));
  StoreBatch batch;
  if (auto done = close_slice(batch, chunk, until); !done) return tl::unexpected{done.error()};
  if (until == all) batch.forget_samples_before = end;
  if (auto done = store_->write(batch); !done) return tl::unexpected{done.error()};
  closed_ = until;
  if (closed_ < all) return true;
  closed_ = 0;
  while (!samples_.empty() && samples_.front().step() < end) samples_.pop_front();
  if (may_forget)
    if (auto done = forget(wall_ms); !done) return tl::unexpected{done.error()};
  return true;
}

Result<void> History::forget(std::int64_t wall_ms) {
  const std::int64_t now = floor_divide(wall_ms, options_.step_ms);
  StoreBatch batch;
  for (int tier = 0; tier < static_cast<int>(history_tiers.size()); ++tier) {
    const auto& rule = history_tiers[static_cast<std::size_t>(tier)];
    batch.forget_chunks.push_back(
        {tier, chunk_of(floor_divide(now, rule.factor) - rule.keep, tier)});
  }
  if (auto done = store_->write(batch); !done) return tl::unexpected{done.error()};
  // Too large all the same: the tier that keeps the largest part of its time gives its oldest.
  for (int i = 0; i < most_forgotten && store_->bytes() > options_.most_bytes; ++i) {
    int fullest = -1;
    double share = 0;
    std::int64_t first = 0;
    for (int tier = 0; tier < static_cast<int>(history_tiers.size()); ++tier) {
      const auto& rule = history_tiers[static_cast<std::size_t>(tier)];
      const auto oldest = TRY(store_->oldest(tier));
      if (!oldest) continue;
      const double age = static_cast<double>(floor_divide(now, rule.factor) - *oldest);
      if (age / static_cast<double>(rule.keep) <= share) continue;
      share = age / static_cast<double>(rule.keep);
      fullest = tier;
      first = *oldest;
    }
    if (fullest < 0) break;
    StoreBatch less;
    less.forget_chunks.push_back({fullest, first + 1});
    if (auto done = store_->write(less); !done) return tl::unexpected{done.error()};
  }
  return {};
}

// Of the series [first, last), each by step.
std::vector<std::vector<HistoryPoint>> History::in_memory(std::uint32_t first, std::uint32_t last,
                                                          std::int64_t from,
                                                          std::int64_t to) const {
  std::vector<std::vector<HistoryPoint>> points(last - first);
  for (const auto& sample : samples_) {
    if (sample.step() < from || sample.step() > to) continue;
    const auto values = sample.range(first, last);
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i].known()) points[i].push_back({sample.step(), values[i]});
  }
  return points;
}

std::vector<HistoryPoint> History::in_memory(std::uint32_t series, std::int64_t from,
                                             std::int64_t to) const {
  return in_memory(series, series + 1, from, to).front();
}

Result<std::vector<HistoryPoint>> History::stored(int tier, std::uint32_t series, std::int64_t from,
                                                  std::int64_t to) const {
  std::vector<HistoryPoint> points;
  if (!store_) return points;
  for (std::int64_t first = chunk_of(from, tier); first <= to;
       first += history_tiers[static_cast<std::size_t>(tier)].chunk) {
    const std::string bytes = TRY(store_->chunk(tier, first, numbers_[series]));
    if (bytes.empty()) continue;
    const auto chunk = decode_points(bytes, chunk_points(tier));
    if (!chunk) {
      ++unreadable_;  // A hole in the past; what is written next replaces it.
      continue;
    }
    points = merged(points, *chunk);
  }
  return within(std::move(points), from, to);
}

Result<std::vector<HistoryPoint>> History::finest(std::uint32_t series, std::int64_t from,
                                                  std::int64_t to) const {
  const auto old = TRY(stored(0, series, from, to));
  return merged(old, in_memory(series, from, to));
}

Result<HistorySeries> History::read(std::uint32_t series, const HistoryQuery& query,
                                    std::int64_t wall_ms) const {
  CHECK(series <= targets_);
  CHECK(query.from_ms <= query.to_ms);
  constexpr std::int64_t suits = 1500;  // Rows that a person can see on a screen.
  const auto step_of = [&](std::size_t tier) {
    return options_.step_ms * history_tiers[tier].factor;
  };
  const std::int64_t to_ms = std::min(query.to_ms, wall_ms);
  std::size_t tier = history_tiers.size() - 1;
  for (std::size_t i = 0; i < history_tiers.size(); ++i) {
    const bool reaches = query.from_ms >= wall_ms - step_of(i) * history_tiers[i].keep;
    const bool fits =
        floor_divide(to_ms, step_of(i)) - floor_divide(query.from_ms, step_of(i)) < suits;
    const bool fine = query.step_ms == 0
                          ? reaches && fits
                          : i + 1 == history_tiers.size() || step_of(i + 1) > query.step_ms;
    if (!fine) continue;
    tier = i;
    break;
  }
  const std::int64_t step_ms = step_of(tier);
  HistorySeries out{
      .from_ms = std::max(query.from_ms, wall_ms - step_ms * history_tiers[tier].keep),
      .to_ms = to_ms,
      .step_ms = step_ms};
  if (out.from_ms > out.to_ms) return out;
  const std::int64_t from = floor_divide(out.from_ms, step_ms);
  const std::int64_t to = floor_divide(out.to_ms, step_ms);
  if (tier == 0) {
    out.points = TRY(finest(series, from, to));
  } else {
    out.points = TRY(stored(static_cast<int>(tier), series, from, to));
    // What is not closed yet is rolled up now, from the start of its step.
    if (!samples_.empty()) {
      const std::int64_t factor = history_tiers[tier].factor;
      const std::int64_t open = floor_divide(samples_.front().step(), factor) * factor;
      const auto fine = TRY(finest(series, open, samples_.back().step()));
      out.points = within(merged(out.points, roll_up(fine, factor)), from, to);
    }
  }
  if (std::ssize(out.points) > most_history_rows)
    out.points.erase(out.points.begin(), out.points.end() - most_history_rows);
  return out;
}

}  // namespace paceline::watch
