#include "services/statfeed/session.h"

#include <algorithm>
#include <unordered_set>

namespace paceline::statfeed {
namespace {

constexpr Duration longest_retry_after = 5min;
constexpr Duration least_pause = 1s;  // After an answer that asks for patience.
constexpr Duration never = 365 * 24h;
constexpr Duration least_wait = 10ms;
constexpr std::size_t max_to_close = 1000;
constexpr int failures_to_lose = 3;  // Polls in a row.
constexpr std::size_t max_farewells = 200;
constexpr std::size_t max_why = 200;

}  // namespace

std::string Session::why_of(const Result<Reply>& reply) {
  if (!reply) return reply.error().detail.substr(0, max_why);
  return "HTTP " + std::to_string(reply->status) + ": " +
         std::string{reply->body.substr(0, max_why)};
}

bool Session::ok(const Result<Reply>& reply) {
  return reply && reply->status >= 200 && reply->status < 300;
}

Session::Session(Policy policy, const Mapping& mapping, const TargetsIndex& targets_index,
                 std::uint64_t seed)
    : policy_{policy},
      mapping_{mapping},
      targets_index_{targets_index},
      random_{seed},
      batches_{policy.batches} {
}

std::uint64_t Session::random() {  // splitmix64
  std::uint64_t z = random_ += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// Doubling, with the lower half left to chance so that nodes do not come in step.
Duration Session::pause() {
  pause_ = pause_ == Duration::zero() ? policy_.retry_min : std::min(2 * pause_, policy_.retry_max);
  const double share = 0.5 + 0.5 * static_cast<double>(random() >> 11) * 0x1.0p-53;
  return from_seconds(to_seconds(pause_) * share);
}

// ---- Steps

Session::Step Session::start(Instant now) {
  Step step;
  begin(now, step);
  pump(now, step);
  return step;
}

Session::Step Session::tick(Instant now) {
  Step step;
  pump(now, step);
  return step;
}

Session::Step Session::targets_changed(const TargetsIndex::Change& change, Instant now) {
  Step step;
  if (phase_ == Phase::stopped) return step;
  for (auto& subscription : batches_.remove(change.removed))
    if (to_close_.size() < max_to_close) to_close_.push_back(std::move(subscription));
  batches_.add(change.added);
  pump(now, step);
  return step;
}

Session::Step Session::stop(Instant) {
  Step step;
  if (phase_ == Phase::running && !pushed_)
    for (const auto& subscription : batches_.subscriptions(max_farewells))
      send_close(subscription, step);
  if (!client_.empty()) {
    BayeuxMessage message;
    message.channel = "/meta/disconnect";
    message.client_id = client_;
    encode_bayeux({message}, send(Call::Kind::disconnect, "POST", "/notifications",
                                  policy_.request_timeout, 0, step)
                                 .body);
  }
  phase_ = Phase::stopped;
  pending_.clear();
  return step;
}

Session::Step Session::answered(std::uint64_t call, const Result<Reply>& reply, Instant now) {
  Step step;
  step.wake = now + never;
  const auto entry = pending_.find(call);
  if (entry == pending_.end()) return tick(now);  // Of an older session.
  const PendingCall pending = entry->second;
  pending_.erase(entry);
  if (ok(reply))
    misses_ = 0;
  else if (!reply || reply->status >= 500)
    ++misses_;
  switch (pending.kind) {
    case Call::Kind::handshake:
    case Call::Kind::join:
    case Call::Kind::connect:
      on_push_reply(pending, reply, now, step);
      break;
    case Call::Kind::open:
      --others_out_;
      on_open_reply(pending, reply, now, step);
      break;
    case Call::Kind::poll:
      --others_out_;
      on_poll_reply(pending, reply, now, step);
      break;
    case Call::Kind::close:
      --others_out_;
      break;  // Whatever it said: the server forgets it in the end.
    case Call::Kind::disconnect:
      break;
  }
  pump(now, step);
  return step;
}

// ---- The course of a session

void Session::begin(Instant now, Step& step) {
  pending_.clear();
  others_out_ = 0;
  connecting_ = false;
  client_.clear();
  connect_failures_ = 0;
  interval_ = Duration::zero();
  connect_timeout_ = Duration::zero();
  to_close_.clear();
  failures_ = 0;
  salt_ = random();
  available_ = true;
  step.new_session = true;
  batches_.rebuild(targets_index_.order());
  pushed_ = policy_.push && now >= push_again_at_;
  phase_ = pushed_ ? Phase::handshaking : Phase::running;
  heard_ = now;
  probed_ = now;
  if (pushed_) send_handshake(step);
}

void Session::lose(std::string why, Duration at_least, Instant now, Step& step) {
  pending_.clear();
  others_out_ = 0;
  connecting_ = false;
  phase_ = Phase::waiting;
  retry_at_ = now + std::max(pause(), std::min(at_least, longest_retry_after));
  step.notes.push_back({"session_lost", std::move(why)});
}

void Session::hear(Step& step, Instant now) {
  heard_ = now;
  failures_ = 0;
  // While a new session is still being filled, the numbers of the old one are not confirmed by it.
  if (!batches_.complete()) return;
  if (!complete_) step.notes.push_back({"session_opened", pushed_ ? "pushed" : "polled"});
  complete_ = true;
  step.heard = true;
}

void Session::pump(Instant now, Step& step) {
  if (phase_ == Phase::waiting && now >= retry_at_) begin(now, step);
  if (phase_ == Phase::running && policy_.push && !pushed_ && now >= push_again_at_)
    begin(now, step);
  if (phase_ == Phase::running) {
    if (pushed_ && !connecting_ && now >= connect_at_) send_connect(now, step);
    while (others_out_ < policy_.parallel && now >= paused_until_) {
      if (const auto id = batches_.next_to_open(now)) {
        send_open(*id, step);
      } else if (const auto due = batches_.next_to_poll(now)) {
        send_poll(*due, false, step);
      } else if (!to_close_.empty()) {
        send_close(to_close_.back(), step);
        to_close_.pop_back();
      } else {
        break;
      }
    }
    if (pushed_ && others_out_ == 0 && now >= probe_due())
      if (const auto id = batches_.any_open()) {
        probed_ = now;
        send_poll(*id, true, step);
      }
  }
  step.wake = next_wake(now);
}

// A probe that is answered with an error is no sign of life, and no reason to ask at once again.
Instant Session::probe_due() const {
  return std::max(std::max(heard_, probed_) + policy_.liveness, paused_until_);
}

Instant Session::next_wake(Instant now) const {
  Instant wake = now + 1min;
  const auto consider = [&](Instant due) { wake = std::min(wake, due); };
  if (phase_ == Phase::waiting) consider(retry_at_);
  if (phase_ == Phase::running) {
    if (pushed_ && !connecting_) consider(connect_at_);
    if (pushed_ && others_out_ == 0) consider(probe_due());
    if (!pushed_ && policy_.push) consider(push_again_at_);
    if (others_out_ < policy_.parallel)
      if (const auto due = batches_.next_due(true)) consider(std::max(*due, paused_until_));
  }
  return std::max(wake, now + least_wait);
}

// ---- Requests

Session::Call& Session::send(Call::Kind kind, std::string method, std::string path,
                             Duration timeout, Batches::Id batch, Step& step) {
  const auto id = ++last_call_;
  pending_[id] = {kind, batch, false};
  if (kind == Call::Kind::open || kind == Call::Kind::poll || kind == Call::Kind::close)
    ++others_out_;
  step.calls.push_back({.id = id,
                        .kind = kind,
                        .method = std::move(method),
                        .path = std::move(path),
                        .body = {},
                        .timeout = timeout});
  return step.calls.back();
}

void Session::send_open(Batches::Id id, Step& step) {
  auto& batch = *batches_.find(id);
  SubscriptionRequest request{.operation_id = statistic_id(random(), 0, 0), .statistics = {}};
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
  if (!pushed_) pause_ = Duration::zero();
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
