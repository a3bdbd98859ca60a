#include "services/watch/compliance.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_set>
#include <utility>

#include "common/base/hash.h"
#include "common/base/time_zone.h"

namespace paceline::watch {
namespace {

constexpr std::size_t turns = 30;  // Steps in which every open day is written once.
constexpr std::size_t days_a_write = 500;
constexpr std::int64_t longest_step_ms = 120'000;  // Longer between two calls: it was not watched.

std::uint64_t rise(std::uint64_t before, std::uint64_t now) {
  return now >= before ? now - before : now;
}

void begin_day(ComplianceDay& day, const TargetName& name, std::int64_t wall_ms) {
  const WallTime wall{std::chrono::milliseconds{wall_ms}};
  const LocalDay local = local_day(name.options.time_zone, name.options.day_begins, wall);
  day = {.date = local.date,
         .begins_ms = ms_since_1970(local.begins),
         .ends_ms = ms_since_1970(local.ends)};
}

}  // namespace

// Numbers with a blank between, then the digest: read by people who look for a mistake, too.
std::string ComplianceBook::encode(const Open& open) {
  return fmt::format("1 {} {} {} {} {} {} {} ", open.counted ? 1 : 0, open.epoch, open.accepted,
                     open.answered, open.abandoned, open.noted_ms, open.digest.size()) +
         open.digest + encode_day(open.day);
}

Result<ComplianceBook::Open> ComplianceBook::decode(std::string_view bytes) {
  std::array<std::uint64_t, 8> numbers{};
  for (auto& number : numbers) {
    const auto [end, code] = std::from_chars(bytes.data(), bytes.data() + bytes.size(), number);
    if (code != std::errc{} || end == bytes.data() + bytes.size() || *end != ' ')
      return fail("a damaged open day of a compliance record");
    bytes.remove_prefix(static_cast<std::size_t>(end - bytes.data()) + 1);
  }
  const auto size = numbers[7];
  if (numbers[0] != 1 || (size != 0 && size != digest_bytes) || bytes.size() < size)
    return fail("a damaged open day of a compliance record");
  Open open;
  open.begun = true;
  open.counted = numbers[1] == 1;
  open.epoch = numbers[2];
  open.accepted = numbers[3];
  open.answered = numbers[4];
  open.abandoned = numbers[5];
  open.noted_ms = static_cast<std::int64_t>(numbers[6]);
  open.digest = bytes.substr(0, size);
  open.day = TRY(decode_day(bytes.substr(size)));
  return open;
}

Result<void> ComplianceBook::begin(const std::vector<std::string>& ids,
                                   std::vector<std::uint32_t> numbers) {
  if (!store_) return {};
  begun_ = false;
  auto stored = store_->open_days();
  if (!stored) return tl::unexpected{stored.error()};
  std::vector<Open> open(ids.size());
  std::ranges::sort(*stored, {}, &StoredOpenDay::series);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto found = std::ranges::lower_bound(*stored, numbers[i], {}, &StoredOpenDay::series);
    if (found == stored->end() || found->series != numbers[i]) continue;
    auto known = decode(found->body);
    if (known) open[i] = *std::move(known);
  }
  // What is newer than what the store has of a target that stays.
  std::unordered_map<std::uint32_t, std::uint32_t> at;
  for (std::uint32_t i = 0; i < ids.size(); ++i) {
    at.emplace(numbers[i], i);
    const auto same = at_.find(numbers[i]);
    if (same == at_.end()) continue;
    Open& known = open_[same->second];
    if (known.begun && known.noted_ms >= open[i].noted_ms) open[i] = std::move(known);
  }
  at_ = std::move(at);
  ids_ = ids;
  numbers_ = std::move(numbers);
  open_ = std::move(open);
  next_ = 0;
  begun_ = true;
  return {};
}

// A counter that fell, or another epoch, began anew: then what it is now is what was added. What was
// counted while nobody watched belongs to the day that was open then.
void ComplianceBook::count(Open& open, const TargetRow& row, std::uint64_t epoch,
                           std::int64_t wall_ms) const {
  const std::int64_t step_ms = wall_ms - open.noted_ms;
  if (open.noted_ms > 0 && step_ms > 0 && step_ms <= longest_step_ms)
    open.day.counted_ms =
        std::min(open.day.counted_ms + step_ms, open.day.ends_ms - open.day.begins_ms);
  open.noted_ms = wall_ms;
  open.changed = true;
  const auto& options = row.name->options;
  const auto target = static_cast<std::uint8_t>(options.optimization_target);
  const auto goal = static_cast<std::uint8_t>(options.optimization_goal);
  if (open.day.goal != 0 && (open.day.goal != goal || open.day.goal_target != target))
    open.day.goal_changed = true;
  open.day.goal = goal;
  open.day.goal_target = target;
  if (!row.has_feedback) return;
  const TargetFeedback& now = row.feedback;
  const bool same = open.accepted == now.accepted && open.answered == now.answered &&
                    open.abandoned == now.abandoned;
  if (open.counted && same) return;  // Also while a new epoch is told, but not yet of this target.
  if (open.counted) {
    const bool anew = open.epoch != epoch;
    const auto added = [&](std::uint64_t before, std::uint64_t after) {
      return anew ? after : rise(before, after);
    };
    open.day.offered += added(open.accepted, now.accepted);
    open.day.answered += added(open.answered, now.answered);
    open.day.abandoned += added(open.abandoned, now.abandoned);
  }
  open.counted = true;
  open.epoch = epoch;
  open.accepted = now.accepted;
  open.answered = now.answered;
  open.abandoned = now.abandoned;
}

void ComplianceBook::close(std::uint32_t target) {
  Open& open = open_[target];
  StoredDay day{.series = numbers_[target],
                .date = open.day.date,
                .body = encode_day(open.day),
                .digest = {}};
  day.digest = day_digest(open.digest, ids_[target], day.body);
  open.digest = day.digest;
  if (unwritten_.size() >= most_unwritten) {
    unwritten_.erase(unwritten_.begin());
    ++lost_;
  }
  unwritten_.push_back(std::move(day));
}

// All days of a target that are over, and the open one that follows them, in one transaction: the chain's end is its
// newest day at any time. Some targets at a time: a day ends for all of a zone at once.
Result<void> ComplianceBook::write(const std::vector<std::uint32_t>& turn) {
  std::unordered_set<std::uint32_t> now;
  for (std::size_t i = 0; i < std::min(unwritten_.size(), days_a_write); ++i)
    now.insert(unwritten_[i].series);
  const auto is_later = [&](const StoredDay& day) { return !now.contains(day.series); };
  std::unordered_set<std::uint32_t> later;
  StoreBatch batch{.keep_days = keep_days_};
  for (const auto& day : unwritten_)
    is_later(day) ? void(later.insert(day.series)) : batch.days.push_back(day);
  std::vector<std::uint32_t> open;
  for (const auto target : turn)
    if (!now.contains(numbers_[target]) && !later.contains(numbers_[target]))
      open.push_back(target);
  for (const auto series : now)
    if (const auto at = at_.find(series); at != at_.end()) open.push_back(at->second);
  for (const auto target : open)
    batch.open_days.push_back({numbers_[target], encode(open_[target])});
  if (auto done = store_->write(batch); !done) return done;
  unwritten_.erase(std::ranges::stable_partition(unwritten_, is_later).begin(), unwritten_.end());
  for (const auto target : open) open_[target].changed = false;
  return {};
}

Result<void> ComplianceBook::note(const TargetTable& table, std::string_view epoch,
                                  std::int64_t wall_ms) {
  if (!begun_ || table.size() != open_.size()) return {};
  const std::uint64_t epoch_hash = fnv1a(epoch);
  for (std::uint32_t i = 0; i < open_.size(); ++i) {
    const TargetRow& row = table.row(i);
    Open& open = open_[i];
    if (!std::exchange(open.begun, true)) begin_day(open.day, *row.name, wall_ms);
    count(open, row, epoch_hash, wall_ms);
    if (wall_ms < open.day.ends_ms) continue;
    close(i);
    begin_day(open.day, *row.name, wall_ms);
  }
  std::vector<std::uint32_t> turn;
  for (std::size_t i = 0; i < open_.size() / turns + 1 && !open_.empty(); ++i, ++next_) {
    next_ %= open_.size();
    if (open_[next_].changed) turn.push_back(static_cast<std::uint32_t>(next_));
  }
  return write(turn);
}

Result<ComplianceRecord> ComplianceBook::read(std::uint32_t target) const {
  if (!begun_ || target >= open_.size())
    return fail(Errc::unavailable, "no compliance record is kept: history is off");
  const auto chain = store_->days(numbers_[target]);
  if (!chain) return tl::unexpected{chain.error()};
  ComplianceRecord record;
  std::string previous = chain->before;
  std::vector<StoredDay> all = chain->days;
  for (const auto& day : unwritten_)
    if (day.series == numbers_[target]) all.push_back(day);
  for (const auto& stored : all) {
    const auto day = decode_day(stored.body);
    const bool follows = stored.digest == day_digest(previous, ids_[target], stored.body) && day &&
                         day->date == stored.date;
    if (!follows && record.fault.empty())
      record.fault = fmt::format(
          "{} does not follow from the day before it: one of the two was changed, or a "
          "day between them was removed or added",
          format_date(stored.date));
    previous = stored.digest;
    if (!day) continue;
    record.days.push_back(*day);
    record.digests.push_back(stored.digest);
  }
  const Open& open = open_[target];
  if (record.fault.empty() && open.digest != previous)
    record.fault = all.empty() ? "every day that was closed is gone"
                               : fmt::format("a day after {} was removed, or that day was changed",
                                             format_date(all.back().date));
  if (open.begun) {
    record.days.push_back(open.day);
    record.digests.emplace_back();
  }
  return record;
}

std::vector<double> rolling_abandonment(const std::vector<ComplianceDay>& record, int days) {
  std::vector<double> shares;
  std::size_t first = 0;
  std::uint64_t outcomes = 0;
  std::uint64_t abandoned = 0;
  for (const ComplianceDay& day : record) {
    outcomes += day.answered + day.abandoned;
    abandoned += day.abandoned;
    for (; record[first].date <= day.date - days; ++first) {
      outcomes -= record[first].answered + record[first].abandoned;
      abandoned -= record[first].abandoned;
    }
    shares.push_back(outcomes > 0 ? static_cast<double>(abandoned) / static_cast<double>(outcomes)
                                  : -1);
  }
  return shares;
}

}  // namespace paceline::watch
