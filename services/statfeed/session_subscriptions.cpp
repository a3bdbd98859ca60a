// The half of a session that is subscriptions: batches of statistics that are opened, polled and
// closed.
#include <algorithm>
#include <unordered_set>

#include "services/statfeed/session.h"

namespace paceline::statfeed {
namespace {

constexpr Duration never = 365 * 24h;
constexpr int failures_to_lose = 3;  // Polls in a row.

}  // namespace

// ---- Requests

void Session::send_open(Batches::Id id, Step& step) {
  auto& batch = *batches_.find(id);
  SubscriptionRequest request{.operation_id = statistic_id(random_.bits(), 0, 0), .statistics = {}};
  request.statistics.reserve(batch.statistics.size());
  for (const auto statistic : batch.statistics) {
    const auto slot = slot_of(statistic);
    auto one = request_for(mapping_, targets_index_.target(slot), kind_of(statistic));
    one.statistic_id = statistic_id(salt_, targets_index_.generation(slot), statistic);
    request.statistics.push_back(std::move(one));
  }
  batches_.opening(id);
  batch.subscription = request.operation_id;
  auto& call = send(Call::Kind::open, "POST",
                    policy_.verbose ? "/subscriptions?verbose=INFO" : "/subscriptions?verbose=OFF",
                    policy_.request_timeout, id, step);
  encode_subscription(request, call.body);
}

void Session::send_poll(Batches::Id id, bool probe, Step& step) {
  auto& batch = *batches_.find(id);
  std::string path = "/subscriptions/" + batch.subscription + "/statistic-values?verbose=INFO";
  if (probe) {
    const auto statistic = batch.statistics.front();
    path += "&statisticIds=" +
            statistic_id(salt_, targets_index_.generation(slot_of(statistic)), statistic);
  } else {
    batch.polling = true;
  }
  const auto& call =
      send(Call::Kind::poll, "GET", std::move(path), policy_.request_timeout, id, step);
  pending_[call.id].probe = probe;
}

void Session::send_close(const std::string& subscription, Step& step) {
  send(Call::Kind::close, "DELETE", "/subscriptions/" + subscription, policy_.request_timeout, 0,
       step);
}

// ---- Answers

// While pushed, a poll only heals what was lost; but a statistic without a value is asked for again
// soon, lest its target stays blind because one update was missed.
Duration Session::until_poll(const SubscriptionAnswer& answer) const {
  if (!pushed_) return policy_.poll_period;
  const Duration healing = policy_.reconcile > Duration::zero() ? policy_.reconcile : never;
  const bool all_valid =
      answer.errors.empty() && std::ranges::all_of(answer.statistics, &StatisticValue::valid);
  return all_valid ? healing : std::min(healing, policy_.batches.unseen_min);
}

std::optional<Statistic> Session::ours(std::string_view id) const {
  const auto name = read_statistic_id(id, salt_);
  if (!name || !targets_index_.knows(*name)) return std::nullopt;
  return name->statistic;
}

void Session::take(const std::vector<StatisticValue>& values, Step& step) {
  for (const auto& value : values) {
    const auto statistic = ours(value.statistic_id);
    if (!statistic) {
      ++step.refused;
      continue;
    }
    step.updates.push_back(
        {.statistic = *statistic,
         .status = value.valid ? StatisticUpdate::Status::value : StatisticUpdate::Status::invalid,
         .timestamp_ms = value.timestamp_ms,
         .value = value.value});
  }
}

// What opening and polling have in common. True if the reply was dealt with.
bool Session::on_common_failure(const PendingCall& pending, const Result<Reply>& reply, Instant now,
                                Step& step) {
  if (ok(reply)) return false;
  const int status = reply ? reply->status : 0;
  if (status == 400 || status == 404 || status == 410 || status == 413 || status == 422)
    return false;
  const Duration after =
      reply ? std::min(reply->retry_after, longest_retry_after) : Duration::zero();
  if (status == 429 || status == 401 || status == 403)
    paused_until_ = now + std::max(after, least_pause);
  // A server that is not there is not asked for one batch after the other.
  if (!reply) paused_until_ = std::max(paused_until_, now + policy_.retry_min);
  if (!pending.probe) batches_.failed(pending.batch, after, now);
  step.notes.push_back({"request_failed", why_of(reply)});
  if (++failures_ >= failures_to_lose && !pushed_) lose(why_of(reply), after, now, step);
  return true;
}

void Session::on_open_reply(const PendingCall& pending, const Result<Reply>& reply, Instant now,
                            Step& step) {
  auto* batch = batches_.find(pending.batch);
  if (!batch) return;
  if (on_common_failure(pending, reply, now, step)) return;
  if (!ok(reply)) {
    step.notes.push_back({"request_failed", why_of(reply)});
    if (reply->status == 404 || !batches_.split(pending.batch, now))
      batches_.failed(pending.batch, Duration::zero(), now);
    return;
  }
  const auto answer = decode_subscription_answer(reply->body);
  if (!answer) {
    ++step.refused;
    step.notes.push_back({"request_failed", "unreadable: " + answer.error().detail});
    return batches_.failed(pending.batch, Duration::zero(), now);
  }
  if (answer->code != 0 && answer->statistics.empty() && answer->errors.empty()) {
    step.notes.push_back({"request_failed", "status " + std::to_string(answer->code) + ": " +
                                                answer->message.substr(0, max_why)});
    // Perhaps one statistic spoils all of them.
    if (batch->failures + 1 < policy_.batches.max_failures || !batches_.split(pending.batch, now))
      batches_.failed(pending.batch, Duration::zero(), now);
    return;
  }
  // A server that told values told them all; without `verbose` the first poll does.
  const bool told = policy_.verbose && !(answer->statistics.empty() && answer->errors.empty());
  take_first(pending.batch, *answer, told, now, step);
  if (!pushed_) backoff_.reset();
  hear(step, now);
}

// The first that a server says about a batch: what it does not know leaves the batch.
void Session::take_first(Batches::Id id, const SubscriptionAnswer& answer, bool all, Instant now,
                         Step& step) {
  const auto& batch = *batches_.find(id);
  take(answer.statistics, step);
  std::unordered_set<Statistic> told;
  std::unordered_set<Statistic> refused;
  for (const auto& value : answer.statistics)
    if (const auto statistic = ours(value.statistic_id)) told.insert(*statistic);
  for (const auto& error : answer.errors)
    if (const auto statistic = ours(error.statistic_id)) refused.insert(*statistic);
  std::vector<Statistic> unseen;
  for (const auto statistic : batch.statistics) {
    if (!refused.contains(statistic) && (!all || told.contains(statistic))) continue;
    unseen.push_back(statistic);
    step.updates.push_back({.statistic = statistic,
                            .status = StatisticUpdate::Status::unseen,
                            .timestamp_ms = 0,
                            .value = 0});
  }
  const auto subscription =
      answer.subscription_id.empty() ? batch.subscription : answer.subscription_id;
  if (batches_.opened(id, subscription, unseen, all, now)) {
    if (to_close_.size() < max_to_close) to_close_.push_back(subscription);
  } else if (all) {
    batches_.find(id)->due = now + until_poll(answer);
  }
}

void Session::on_poll_reply(const PendingCall& pending, const Result<Reply>& reply, Instant now,
                            Step& step) {
  auto* batch = batches_.find(pending.batch);
  if (!batch) return;
  if (on_common_failure(pending, reply, now, step)) return;
  if (!ok(reply)) {
    step.notes.push_back({"request_failed", why_of(reply)});
    return batches_.reopen(pending.batch, now + policy_.batches.retry_min);
  }
  const auto answer = decode_subscription_answer(reply->body);
  if (!answer) {
    ++step.refused;
    step.notes.push_back({"request_failed", "unreadable: " + answer.error().detail});
    if (!pending.probe) batches_.failed(pending.batch, Duration::zero(), now);
    return;
  }
  if (answer->code != 0 && answer->statistics.empty()) {
    step.notes.push_back({"request_failed", "status " + std::to_string(answer->code) + ": " +
                                                answer->message.substr(0, max_why)});
    return batches_.reopen(pending.batch, now + policy_.batches.retry_min);
  }
  if (!pending.probe && !batch->told) {
    batch->polling = false;
    take_first(pending.batch, *answer, true, now, step);
    return hear(step, now);
  }
  take(answer->statistics, step);
  for (const auto& error : answer->errors)
    if (const auto statistic = ours(error.statistic_id))
      step.updates.push_back({.statistic = *statistic,
                              .status = StatisticUpdate::Status::invalid,
                              .timestamp_ms = 0,
                              .value = 0});
  if (!pending.probe) {
    batch->polling = false;
    batch->failures = 0;
    batch->pause = Duration::zero();
    batch->due = now + until_poll(*answer);
  }
  hear(step, now);
}

}  // namespace paceline::statfeed
