#include "services/statfeed/session.h"

#include <algorithm>

#include "services/statfeed/pause.h"

namespace paceline::statfeed {
namespace {

constexpr Duration never = 365 * 24h;
constexpr Duration least_wait = 10ms;
constexpr std::size_t max_farewells = 200;

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
      batches_{policy.batches},
      backoff_{{.first = policy.retry_min, .most = policy.retry_max}} {
}

Duration Session::pause() {
  return backoff_.next(at_least_half(random_.uniform()));
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
    message.channel = channel_name(MetaChannel::disconnect);
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
  salt_ = random_.bits();
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

}  // namespace paceline::statfeed
