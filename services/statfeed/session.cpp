#include "services/statfeed/session.h"

#include <algorithm>
#include <utility>

#include "services/statfeed/pause.h"

namespace paceline::statfeed {
namespace {

constexpr Duration least_wait = 10ms;
constexpr std::size_t max_farewells = 200;

}  // namespace

std::string Session::why_of(const Result<Reply>& reply) {
  if (!reply) return reply.error().detail.substr(0, max_why);
  return reply->refusal.substr(0, max_why);
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
      server_ids_{mapping, targets_index},
      check_{mapping, policy.push_patience},
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
  server_ids_.targets_changed();
  pump(now, step);
  return step;
}

Session::Step Session::stop(Instant now) {
  Step step;
  if (phase_ == Phase::running && !pushed_)
    for (const auto& subscription : batches_.subscriptions(max_farewells))
      send_close(subscription, now, step);
  leave(now, step);
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
  if (const auto found = std::exchange(contradiction_, std::nullopt)) contradict(*found, now, step);
  pump(now, step);
  return step;
}

// ---- The course of a session

void Session::begin(Instant now, Step& step) {
  const auto polled = phase_ == Phase::running && !pushed_ ? batches_.subscriptions(max_farewells)
                                                           : std::vector<std::string>{};
  pending_.clear();
  others_out_ = 0;
  connecting_ = false;
  client_.clear();
  connect_failures_ = 0;
  interval_ = Duration::zero();
  connect_timeout_ = Duration::zero();
  to_close_ = polled;  // Those that are pushed end with their session.
  failures_ = 0;
  salt_ = random_.bits();
  available_ = true;
  step.new_session = true;
  batches_.rebuild(targets_index_.order());
  server_ids_.begin();
  check_.begin();
  contradiction_.reset();
  pushed_ = policy_.push && now >= push_again_at_;
  phase_ = pushed_ ? Phase::handshaking : Phase::running;
  heard_ = now;
  probed_ = now;
  pushed_since_ = {};
  if (pushed_) send_handshake(now, step);
}

// The server wants another handshake. At once, but one that wants it again and again is not
// stormed: then after growing pauses.
void Session::begin_anew(const std::string& why, Duration at_least, Instant now, Step& step) {
  const auto before = std::exchange(begun_anew_, now);
  if (before && now - *before < calm) return lose(why, at_least, now, step);
  step.notes.push_back({"session_lost", why});
  begin(now, step);
}

// The session ends at the server too, with what was subscribed to in it.
void Session::leave(Instant now, Step& step) {
  if (client_.empty()) return;
  BayeuxMessage message;
  message.channel = channel_name(MetaChannel::disconnect);
  message.client_id = client_;
  encode_bayeux({message}, send(Call::Kind::disconnect, "POST", "/notifications",
                                policy_.request_timeout, 0, now, step)
                               .body);
  client_.clear();
}

void Session::lose(std::string why, Duration at_least, Instant now, Step& step) {
  pending_.clear();
  others_out_ = 0;
  connecting_ = false;
  phase_ = Phase::waiting;
  retry_at_ = now + std::max(pause(), std::min(at_least, longest_retry_after));
  step.notes.push_back({"session_lost", std::move(why)});
}

// Values came, so what was told before and has not changed still holds.
void Session::hear(Step& step, Instant now) {
  heard_ = now;
  failures_ = 0;
  // While a new session is still being filled, the numbers of the old one are not confirmed by it.
  if (!batches_.complete()) return;
  if (!complete_) step.notes.push_back({"session_opened", pushed_ ? "pushed" : "polled"});
  complete_ = true;
  step.heard = true;
  if (doubt_.empty() || !pushed_ || pushed_since_ == Instant{} ||
      now - pushed_since_ < std::max(policy_.reconcile, 2 * policy_.push_patience))
    return;
  doubt_.clear();
  step.notes.push_back({"push_trusted", {}});
}

void Session::pump(Instant now, Step& step) {
  if (phase_ == Phase::waiting && now >= retry_at_) begin(now, step);
  if (phase_ == Phase::running && policy_.push && !pushed_ && now >= push_again_at_)
    begin(now, step);
  if (phase_ == Phase::running) {
    if (pushed_ && !connecting_ && now >= connect_at_) send_connect(now, step);
    pump_polls(now, step);
  }
  step.wake = next_wake(now);
}

void Session::pump_polls(Instant now, Step& step) {
  while (others_out_ < policy_.parallel && now >= paused_until_) {
    if (const auto id = batches_.next_to_open(now)) {
      send_open(*id, now, step);
    } else if (const auto due = batches_.next_to_poll(now)) {
      send_poll(*due, std::nullopt, now, step);
    } else if (const auto suspect = check_.to_ask(now)) {
      if (batches_.is_open(suspect->batch, suspect->statistic))
        send_poll(suspect->batch, suspect->statistic, now, step);
      else
        check_.drop(suspect->statistic);
    } else if (!to_close_.empty()) {
      send_close(to_close_.back(), now, step);
      to_close_.pop_back();
    } else {
      break;
    }
  }
  if (!pushed_ || others_out_ > 0 || now < probe_due()) return;
  if (const auto one = batches_.next_one()) {
    probed_ = now;
    send_poll(one->batch, one->statistic, now, step);
  }
}

// A probe that is answered with an error, or with nothing, is no reason to ask at once again.
Instant Session::probe_due() const {
  return std::max(std::max(heard_, probed_) + policy_.liveness, paused_until_);
}

Instant Session::next_wake(Instant now) const {
  Instant wake = now + 1min;
  const auto consider = [&](Instant due) { wake = std::min(wake, due); };
  if (phase_ == Phase::waiting) consider(retry_at_);
  if (phase_ == Phase::running) {
    if (pushed_ && !connecting_) consider(connect_at_);
    if (pushed_ && others_out_ == 0 && batches_.any_open()) consider(probe_due());
    if (!pushed_ && policy_.push) consider(push_again_at_);
    if (others_out_ < policy_.parallel) {
      if (const auto due = batches_.next_due(true)) consider(std::max(*due, paused_until_));
      if (const auto due = check_.due()) consider(std::max(*due, paused_until_));
    }
  }
  return std::max(wake, now + least_wait);
}

// ---- Requests

Session::Call& Session::send(Call::Kind kind, std::string method, std::string path,
                             Duration timeout, Batches::Id batch, Instant now, Step& step) {
  const auto id = ++last_call_;
  pending_[id] = {.kind = kind, .batch = batch, .sent = now, .one = {}};
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
