// What a session makes of values: which statistics they are of, and whether the push told them.
#include <fmt/format.h>

#include "services/statfeed/session.h"

namespace paceline::statfeed {
namespace {

std::string number_text(std::optional<double> number) {
  return number ? fmt::format("{:g}", *number) : "no value";
}

}  // namespace

std::vector<Statistic> Session::ours(std::string_view id) const {
  const auto name = read_statistic_id(id, salt_);
  if (!name) return server_ids_.find_id(id);
  if (!targets_index_.knows(*name)) return {};
  return {name->statistic};
}

// Where the server has ids of its own: by what it says of the statistic.
std::vector<Statistic> Session::theirs(const StatisticValue& value) {
  auto found = server_ids_.find(value);
  return found.empty() ? server_ids_.find_id(value.statistic_id) : found;
}

void Session::take(const std::vector<StatisticValue>& values, How how, const PendingCall& pending,
                   Instant now, Told* told, Step& step) {
  step.updates.reserve(step.updates.size() + values.size());
  for (const auto& value : values) {
    if (const auto name = read_statistic_id(value.statistic_id, salt_)) {
      if (!targets_index_.knows(*name)) {
        ++step.refused;  // Of a target that left.
        continue;
      }
      if (told) told->insert(name->statistic);
      take_one(name->statistic, value, how, pending, now, step);
      continue;
    }
    const auto statistics = theirs(value);
    if (statistics.empty()) {
      ++step.refused;
      step.notes.push_back(
          {"values_refused",
           fmt::format("'{}' ({} '{}', {}) is none that was asked for: a server must answer with "
                       "our statisticId, or with objectId, objectType and name",
                       value.statistic_id.substr(0, max_why), value.object_type.substr(0, max_why),
                       value.object_id.substr(0, max_why), value.name.substr(0, max_why))});
    }
    for (const auto statistic : statistics) {
      if (told) told->insert(statistic);
      take_one(statistic, value, how, pending, now, step);
    }
  }
}

void Session::take_one(Statistic statistic, const StatisticValue& value, How how,
                       const PendingCall& pending, Instant now, Step& step) {
  const auto number = value.valid ? std::optional{value.value} : std::nullopt;
  step.updates.push_back(
      {.statistic = statistic,
       .status = value.valid ? StatisticUpdate::Status::value : StatisticUpdate::Status::invalid,
       .timestamp_ms = value.timestamp_ms,
       .value = value.value});
  if (how == How::pushed && pushed_since_ == Instant{}) pushed_since_ = now;
  if (how != How::polled)
    check_.told(statistic, number, value.timestamp_ms, now);
  else if (pushed_ && !contradiction_)
    contradiction_ = check_.polled(statistic, pending.batch, number, pending.sent, now);
}

// What the server says that it cannot tell.
void Session::take_errors(const SubscriptionAnswer& answer, Told& told, Step& step) {
  for (const auto& error : answer.errors)
    for (const auto statistic : ours(error.statistic_id)) {
      told.insert(statistic);
      step.updates.push_back({.statistic = statistic,
                              .status = StatisticUpdate::Status::invalid,
                              .timestamp_ms = 0,
                              .value = 0});
    }
}

void Session::refuse(const Unreadable& unreadable, Step& step) {
  if (unreadable.entries == 0) return;
  step.refused += unreadable.entries;
  step.notes.push_back({"values_refused", "unreadable: " + unreadable.first.substr(0, max_why)});
}

// The numbers that were pushed are not to be trusted: a new session asks for all of them anew. If
// that does not help either, they are polled.
void Session::contradict(const PushCheck::Contradiction& found, Instant now, Step& step) {
  const auto slot = slot_of(found.statistic);
  doubt_ =
      fmt::format("{} of {}: pushed {}, polled {} for {:.1f} s",
                  to_string(kind_of(found.statistic)), targets_index_.target(slot).id,
                  number_text(found.pushed), number_text(found.polled), to_seconds(found.since));
  const bool again = contradicted_at_ && now - *contradicted_at_ < 3 * policy_.push_again;
  contradicted_at_ = now;
  step.notes.push_back({"push_contradicted", doubt_});
  leave(now, step);
  if (again) {
    step.notes.push_back({"push_refused", "it leaves out what polls show"});
    push_again_at_ = now + policy_.push_again;
  }
  begin(now, step);
}

}  // namespace paceline::statfeed
