#include "services/statfeed/feed_intake.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/utf8.h"

namespace paceline::statfeed {
namespace {

constexpr std::size_t strangers = 2;
constexpr std::size_t most_shown = 32;      // [bytes] Of a name.
constexpr std::size_t most_opening = 4096;  // [bytes] In which a message says who speaks.
constexpr Duration longest_age = 24h;       // What is older is as good as that.

// By StatisticKind.
constexpr std::array<double FeedRow::*, statistic_kind_count> value_of_kind{
    &FeedRow::logged_in,      &FeedRow::ready,
    &FeedRow::busy,           &FeedRow::after_call_work,
    &FeedRow::not_ready,      &FeedRow::in_queue,
    &FeedRow::entered,        &FeedRow::answered,
    &FeedRow::abandoned,      &FeedRow::handling_time_s,
    &FeedRow::waiting_time_s, &FeedRow::in_handling,
    &FeedRow::slots};

}  // namespace

FeedIntake::Outcome FeedIntake::take(std::span<const std::uint8_t> bytes, std::string_view by_key,
                                     const TargetsIndex& targets_index, Instant now) {
  Outcome outcome;
  outcome.answer.why = take_message(bytes, by_key, targets_index, now, outcome);
  outcome.reply = write_feed_answer(outcome.answer, feed_notation(bytes));
  return outcome;
}

std::vector<std::uint8_t> FeedIntake::refusal(std::span<const std::uint8_t> bytes,
                                              std::string why) {
  FeedAnswer answer;
  answer.why = std::move(why);
  return write_feed_answer(answer, feed_notation(bytes));
}

std::optional<int> FeedIntake::server_of(std::string_view name) const {
  for (std::size_t i = 0; i < policy_.senders.size(); ++i)
    if (!name.empty() && policy_.senders[i] == name) return static_cast<int>(i);
  return std::nullopt;
}

bool FeedIntake::Allowance::spend(double cost, double per_second, double most, Instant now) {
  const double grown = left < 0 ? most : left + per_second * to_seconds(now - at);
  left = std::min(grown, most);
  at = now;
  if (left < cost) return false;
  left -= cost;
  return true;
}

// Why not; "" = he may.
std::string FeedIntake::may_speak(std::size_t who, std::size_t bytes, Instant now) {
  auto& speaker = speakers_[who];
  if (!speaker.messages.spend(1, policy_.per_second, std::max(1.0, policy_.per_second), now))
    return fmt::format("more than {} messages a second: send more rows in each",
                       policy_.per_second);
  if (bytes > max_feed_bytes) return "";  // It is refused by its size.
  constexpr auto most = static_cast<double>(most_bytes_per_second);
  if (!speaker.bytes.spend(static_cast<double>(bytes), most, most, now))
    return fmt::format("more than {} bytes a second: send rows less often", most_bytes_per_second);
  return "";
}

// Why the message is refused as a whole; "" = it is not.
std::string FeedIntake::take_message(std::span<const std::uint8_t> bytes, std::string_view by_key,
                                     const TargetsIndex& targets_index, Instant now,
                                     Outcome& outcome) {
  outcome.server = server_of(by_key);
  auto said = read_feed_sender(bytes.first(std::min(bytes.size(), most_opening)));
  if (!outcome.server && said) outcome.server = server_of(*said);
  if (!outcome.server) outcome.claims = printable_ascii(said.value_or(""), most_shown);
  const auto who = outcome.server ? static_cast<std::size_t>(*outcome.server) : strangers;
  if (auto why = may_speak(who, bytes.size(), now); !why.empty()) return why;
  if (!said) return said.error().detail;
  const auto name = printable_ascii(*said, most_shown);
  if (!by_key.empty() && !said->empty() && *said != by_key)
    return fmt::format("sender = \"{}\": the key is that of \"{}\"", name, by_key);
  if (!outcome.server)
    return fmt::format("sender = \"{}\": not the name of primary or backup", name);

  auto reading = read_feed_rows(bytes);
  if (!reading) return reading.error().detail;
  for (const auto& [number, row] : reading->rows) {
    if (const auto slot = targets_index.slot(row.target)) {
      take_row(*slot, row, outcome.updates);
      ++outcome.answer.taken;
    } else {
      const auto target = printable_ascii(row.target, 128);
      reading->refuse({number, target, "target",
                       fmt::format("target = \"{}\": not in the targets file", target)});
    }
  }
  outcome.answer.refused = reading->refused;
  outcome.answer.refusals = std::move(reading->refusals);
  std::ranges::sort(outcome.answer.refusals, {}, &FeedRefusal::row);
  return "";
}

void FeedIntake::take_row(std::uint32_t slot, const FeedRow& row,
                          std::vector<StatisticUpdate>& updates) const {
  for (std::uint32_t i = 0; i < statistic_kind_count; ++i) {
    if ((policy_.kinds & 1u << i) == 0) continue;
    const double value = row.*value_of_kind[i];
    const bool known = value >= 0;
    updates.push_back(
        {.statistic = statistic_of(slot, static_cast<StatisticKind>(i)),
         .status = known ? StatisticUpdate::Status::value : StatisticUpdate::Status::invalid,
         .timestamp_ms = static_cast<std::int64_t>(std::max(row.timestamp_ms, 0.0)),
         .value = known ? value : 0,
         .age = std::min<Duration>(from_seconds(std::max(row.age_s, 0.0)), longest_age)});
  }
}

}  // namespace paceline::statfeed
