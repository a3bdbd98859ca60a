// The half of a session that is subscriptions: batches of statistics that are opened, polled and
// closed.
#include <fmt/format.h>

#include <algorithm>

#include "common/base/url.h"
#include "services/statfeed/session.h"

namespace paceline::statfeed {
namespace {

constexpr int failures_to_lose = 3;  // Polls in a row.

}  // namespace

// ---- Requests

void Session::send_open(Batches::Id id, Instant now, Step& step) {
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
                    policy_.request_timeout, id, now, step);
  encode_subscription(request, call.body);
}

void Session::send_poll(Batches::Id id, std::optional<Statistic> one, Instant now, Step& step) {
  auto& batch = *batches_.find(id);
  std::string path = "/subscriptions/" + batch.subscription + "/statistic-values?verbose=INFO";
  if (one) {
    const auto theirs = server_ids_.theirs(*one);
    path += "&statisticIds=";
    path += theirs.empty() ? statistic_id(salt_, targets_index_.generation(slot_of(*one)), *one)
                           : percent_encoded(theirs);
  } else {
    batch.polling = true;
  }
  const auto& call =
      send(Call::Kind::poll, "GET", std::move(path), policy_.request_timeout, id, now, step);
  pending_[call.id].one = one;
}

void Session::send_close(const std::string& subscription, Instant now, Step& step) {
  send(Call::Kind::close, "DELETE", "/subscriptions/" + subscription, policy_.request_timeout, 0,
       now, step);
}

// ---- Answers

// While pushed, a poll only heals what was lost; but a statistic without a value is asked for again
// soon, lest its target stays blind because one update was missed.
Duration Session::until_poll(bool all_valid) const {
  if (!pushed_) return policy_.poll_period;
  const Duration healing = policy_.reconcile > Duration::zero() ? policy_.reconcile : never;
  return all_valid ? healing : std::min(healing, policy_.batches.unseen_min);
}

std::string Session::unchecked() const {
  if (phase_ != Phase::running || !pushed_) return {};
  const auto failing = batches_.failing();
  if (failing == 0) return {};
  return fmt::format("polls of {} of {} subscriptions fail ({}), so their push cannot be checked",
                     failing, batches_.count(), poll_failure_);
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
  if (!pending.one) batches_.failed(pending.batch, after, now);
  step.notes.push_back({"request_failed", why_of(reply)});
  if (pending.kind == Call::Kind::poll) poll_failure_ = why_of(reply);
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
  if (!step.updates.empty()) hear(step, now);
}

// The first that a server says about a batch: what it does not know leaves the batch.
void Session::take_first(Batches::Id id, const SubscriptionAnswer& answer, bool all, Instant now,
                         Step& step) {
  const auto& batch = *batches_.find(id);
  Told told;
  take(answer.statistics, How::opened, {}, now, &told, step);
  refuse(answer.unreadable, step);
  Told refused;
  for (const auto& error : answer.errors)
    for (const auto statistic : ours(error.statistic_id)) refused.insert(statistic);
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
    const bool all_valid =
        answer.errors.empty() && std::ranges::all_of(answer.statistics, &StatisticValue::valid);
    // The batches of a session are opened together, and are not to be polled together.
    const Duration until = until_poll(all_valid);
    const bool spread = pushed_ && policy_.reconcile > Duration::zero();
    batches_.find(id)->due =
        now + (spread ? from_seconds(to_seconds(until) * random_.uniform()) : until);
    step.all_read = answer.unreadable.entries == 0;
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
    poll_failure_ = "unreadable: " + answer.error().detail.substr(0, max_why);
    step.notes.push_back({"request_failed", poll_failure_});
    if (!pending.one) batches_.failed(pending.batch, Duration::zero(), now);
    return;
  }
  if (answer->code != 0 && answer->statistics.empty()) {
    step.notes.push_back({"request_failed", "status " + std::to_string(answer->code) + ": " +
                                                answer->message.substr(0, max_why)});
    return batches_.reopen(pending.batch, now + policy_.batches.retry_min);
  }
  if (!pending.one && !batch->told) {
    batch->polling = false;
    take_first(pending.batch, *answer, true, now, step);
    return hear(step, now);
  }
  take_poll(pending, *answer, now, step);
}

// What a poll does not speak of, it does not confirm. A server that speaks of nothing has forgotten
// the subscription, whatever its status says.
void Session::take_poll(const PendingCall& pending, const SubscriptionAnswer& answer, Instant now,
                        Step& step) {
  auto& batch = *batches_.find(pending.batch);
  Told told;
  take(answer.statistics, How::polled, pending, now, &told, step);
  take_errors(answer, told, step);
  refuse(answer.unreadable, step);
  if (pending.one) {
    if (told.contains(*pending.one)) return hear(step, now);
    batch.due = std::min(batch.due, now);  // The whole of it tells more.
    return;
  }
  batch.polling = false;
  batch.failures = 0;
  batch.pause = Duration::zero();
  std::vector<Statistic> missed;
  for (const auto statistic : batch.statistics)
    if (!told.contains(statistic)) missed.push_back(statistic);
  if (missed.size() == batch.statistics.size()) {
    step.notes.push_back({"request_failed", "a subscription was answered without its statistics"});
    if (to_close_.size() < max_to_close) to_close_.push_back(batch.subscription);
    return batches_.reopen(pending.batch, now + policy_.batches.retry_min);
  }
  std::ranges::sort(missed);
  std::size_t twice = 0;
  for (const auto statistic : missed) {
    if (!std::ranges::binary_search(batch.missed, statistic)) continue;
    ++twice;
    step.updates.push_back({.statistic = statistic,
                            .status = StatisticUpdate::Status::unseen,
                            .timestamp_ms = 0,
                            .value = 0});
  }
  const bool once = missed.size() > twice;  // Perhaps by chance: asked for again at once.
  batch.missed = std::move(missed);
  step.all_read = answer.unreadable.entries == 0;
  const bool all_valid = batch.missed.empty() && answer.errors.empty() &&
                         std::ranges::all_of(answer.statistics, &StatisticValue::valid);
  batch.due = now + (once ? std::min(policy_.batches.retry_min, until_poll(all_valid))
                          : until_poll(all_valid));
  hear(step, now);
}

}  // namespace paceline::statfeed
